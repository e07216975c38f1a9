"""Reminder runs: who gets which letter, and what the ledger records."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certificates import service as certificates
from app.certificates.types import DatePrecision, ExternalTraining
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.messages.models import Message
from app.messages.types import Channel
from app.people.models import Person
from app.people.types import ContactKind
from app.reminders import service
from app.reminders.models import Reminder
from app.reminders.types import SkipReason
from tests.addresses import public_id
from tests.factories import people
from tests.factories.reminders import expiring_certificate, holder
from tests.integration.reminders.conftest import TODAY


def days_ahead(days: int) -> date:
    """Return the date that is this many days from today."""
    return TODAY + timedelta(days=days)


def posted_reminders(session: Session, letter: str = "reminder") -> list[Message]:
    """Return the reminders that were posted, oldest first."""
    return list(
        session.scalars(select(Message).where(Message.letter == letter).order_by(Message.id))
    )


def ledger(session: Session, person: Person) -> dict[int, str | None]:
    """Return why each step of a person was skipped, or None if it was sent, from the ledger."""
    rows = session.scalars(select(Reminder).where(Reminder.person_id == person.id))
    return {row.step_days: row.skipped and row.skipped.value for row in rows}


def skip_reasons(found: dict[str, Any], person: Person) -> dict[int, str]:
    """Return why each skipped step of a person would be skipped, from a preview."""
    return {
        line["step_days"]: line["reason"]
        for line in found["skipped"]
        if line["person"] == public_id("people", person.id)
    }


def test_a_preview_matches_the_run_and_changes_nothing(session: Session) -> None:
    ann = holder(days_ahead(30))
    found = service.preview(SYSTEM, TODAY)
    assert session.scalars(select(Reminder.id)).all() == []
    assert posted_reminders(session) == []
    assert [line for line in found["due"] if line["person"] == public_id("people", ann.id)] == [
        {
            "person": public_id("people", ann.id),
            "certificate": found["due"][0]["certificate"],
            "step_days": 30,
            "channel": "email",
            "due_on": "2027-03-01",
        }
    ]
    assert skip_reasons(found, ann) == {90: "a later step is due", 180: "a later step is due"}
    assert found["on"] == "2027-03-01"


def test_a_second_run_sends_nothing(session: Session) -> None:
    ann = holder(days_ahead(30))
    first = service.run(SYSTEM, TODAY)
    assert (first["reminders"], first["letters"], first["skipped"]) == (1, 1, 2)
    assert ledger(session, ann) == {
        30: None,
        90: SkipReason.LATER_STEP_DUE.value,
        180: SkipReason.LATER_STEP_DUE.value,
    }
    again = service.run(SYSTEM, TODAY)
    assert (again["reminders"], again["letters"], again["skipped"]) == (0, 0, 0)
    assert len(posted_reminders(session)) == 1
    found = service.preview(SYSTEM, TODAY)
    assert (found["due"], found["skipped"]) == ([], [])


def test_several_due_reminders_for_one_person_make_one_letter(session: Session) -> None:
    ann = holder(days_ahead(30))
    expiring_certificate(ann, days_ahead(90), "mhfa-youth")
    expiring_certificate(ann, days_ahead(7), "suicide-first-aid")
    result = service.run(SYSTEM, TODAY)
    [message] = posted_reminders(session)
    assert result["letters"] == 1
    assert result["reminders"] == len(message.context["certificates"])
    assert result["reminders"] >= 2


def test_the_next_step_is_sent_on_its_day(session: Session) -> None:
    ann = holder(days_ahead(30))
    service.run(SYSTEM, TODAY)
    for day in range(1, 40):
        service.run(SYSTEM, days_ahead(day))
    made = session.scalars(
        select(Reminder)
        .where(Reminder.person_id == ann.id, Reminder.message_id.is_not(None))
        .order_by(Reminder.due_on)
    )
    assert [(row.step_days, row.due_on) for row in made] == [
        (30, TODAY),
        (7, days_ahead(23)),
        (-1, days_ahead(31)),
    ]


def test_only_the_latest_step_is_sent_after_ten_missed_days(session: Session) -> None:
    ann = holder(days_ahead(97))  # the 90-day step is due in 7 days
    service.run(SYSTEM, TODAY)
    service.run(SYSTEM, days_ahead(100 - 20))
    assert ledger(session, ann)[90] == SkipReason.LATER_STEP_DUE.value
    assert ledger(session, ann)[30] is None


@pytest.mark.parametrize(
    ("more", "channel"),
    [
        ({"email": None, "phone": "+441362000000"}, Channel.PHONE),
        ({"email": None, "post": "1 High Street\nDereham\nNR19 2AB"}, Channel.POST),
        ({"phone": "+441362000001", "preferred": ContactKind.PHONE}, Channel.PHONE),
    ],
)
def test_people_without_email_are_on_the_coordinators_list(
    session: Session, more: dict[str, Any], channel: Channel
) -> None:
    ann = holder(days_ahead(30), **more)
    result = service.run(SYSTEM, TODAY)
    assert (result["letters"], result["by_hand"], result["no_course"]) == (0, 1, 0)
    [message] = posted_reminders(session)
    assert (message.channel, message.person_id) == (channel, ann.id)


def test_people_without_contact_details_are_checked_again_every_day(session: Session) -> None:
    ann = holder(days_ahead(30), email=None)
    service.run(SYSTEM, TODAY)
    assert posted_reminders(session) == []
    assert ledger(session, ann) == {
        90: SkipReason.LATER_STEP_DUE.value,
        180: SkipReason.LATER_STEP_DUE.value,
    }
    assert skip_reasons(service.preview(SYSTEM, days_ahead(1)), ann) == {
        30: SkipReason.NO_CONTACT.value
    }
    people.contact(ann, ContactKind.EMAIL, "at.last@example.org")
    assert service.run(SYSTEM, days_ahead(2))["letters"] == 1


def test_nothing_is_sent_before_the_privacy_notice(session: Session) -> None:
    ann = holder(days_ahead(30), has_notice=False)
    assert (
        skip_reasons(service.preview(SYSTEM, TODAY), ann)[30] == SkipReason.NOTICE_NOT_GIVEN.value
    )
    assert service.run(SYSTEM, TODAY)["letters"] == 0


def test_the_first_message_to_a_person_is_never_about_expiry(session: Session) -> None:
    ann = holder(days_ahead(-1), contacted_before=False)
    assert (
        skip_reasons(service.preview(SYSTEM, TODAY), ann)[-1]
        == SkipReason.NOT_CONTACTED_BEFORE.value
    )
    bob = holder(days_ahead(-1))
    service.run(SYSTEM, TODAY)
    assert [message.person_id for message in posted_reminders(session)] == [bob.id]


def test_a_certificate_recorded_after_expiry_has_no_reminders(session: Session) -> None:
    ann = holder(days_ahead(800))
    certificates.record_external_training(
        SYSTEM,
        ann.id,
        ExternalTraining(
            "mhfa-youth",
            days_ahead(-1_500),
            DatePrecision.DAY,
            "Somebody",
            printed_expiry=days_ahead(-500),
        ),
    )
    found = skip_reasons(service.preview(SYSTEM, TODAY), ann)
    assert set(found.values()) == {SkipReason.EXPIRED_WHEN_RECORDED.value}
    service.run(SYSTEM, TODAY)
    assert posted_reminders(session) == []
    assert skip_reasons(service.preview(SYSTEM, TODAY), ann) == {}


def test_an_unconfirmed_certificate_has_no_reminders(session: Session) -> None:
    ann = holder(days_ahead(800))
    expiring_certificate(ann, days_ahead(30), "mhfa-youth").confirmed_at = None
    session.flush()
    found = service.preview(SYSTEM, TODAY)
    assert (found["due"], found["skipped"]) == ([], [])


def test_a_renewed_certificate_has_no_reminders(session: Session) -> None:
    ann = holder(days_ahead(30))
    expiring_certificate(ann, days_ahead(1_000))
    assert skip_reasons(service.preview(SYSTEM, TODAY), ann)[30] == SkipReason.RENEWED.value
    assert service.run(SYSTEM, TODAY)["letters"] == 0
    assert service.preview(SYSTEM, TODAY)["skipped"] == []


def test_an_award_recorded_twice_makes_one_reminder(session: Session) -> None:
    ann = holder(days_ahead(30))
    expiring_certificate(ann, days_ahead(30))
    assert service.run(SYSTEM, TODAY)["reminders"] == 1


def test_a_revoked_certificate_has_no_reminders(session: Session) -> None:
    ann = holder(days_ahead(30))
    revoked = expiring_certificate(ann, days_ahead(7), "mhfa-youth")
    certificates.revoke_certificate(SYSTEM, revoked.id, "recorded by mistake")
    found = skip_reasons(service.preview(SYSTEM, TODAY), ann)
    assert found[7] == SkipReason.REVOKED.value
    service.run(SYSTEM, TODAY)
    [message] = posted_reminders(session)
    assert len(message.context["certificates"]) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"left_on": TODAY}, SkipReason.LEFT),
        ({"approved_at": None}, SkipReason.NOT_APPROVED),
    ],
)
def test_people_who_left_or_are_not_approved_get_no_reminders(
    session: Session, change: dict[str, Any], reason: SkipReason
) -> None:
    ann = holder(days_ahead(30))
    for name, value in change.items():
        setattr(ann, name, value)
    session.flush()
    assert skip_reasons(service.preview(SYSTEM, TODAY), ann)[30] == reason.value
    assert service.run(SYSTEM, TODAY)["letters"] == 0


def test_people_who_are_away_get_their_reminder_when_they_return(session: Session) -> None:
    ann = holder(days_ahead(30))
    people.absence(ann, days_ahead(-1), days_ahead(10))
    assert service.run(SYSTEM, TODAY)["letters"] == 0
    assert service.run(SYSTEM, days_ahead(11))["letters"] == 1


def test_suspended_people_get_their_reminder_after_the_suspension(session: Session) -> None:
    ann = holder(days_ahead(30))
    people.suspension(ann, days_ahead(-1), days_ahead(10))
    assert service.run(SYSTEM, TODAY)["letters"] == 0
    assert service.run(SYSTEM, days_ahead(11))["letters"] == 1


def test_an_extension_restarts_the_steps(session: Session) -> None:
    ann = holder(days_ahead(30))
    service.run(SYSTEM, TODAY)
    [certificate] = session.scalars(
        select(Reminder.certificate_id).where(Reminder.person_id == ann.id).distinct()
    )
    certificates.adjust_expiry(SYSTEM, certificate, 60, "ill")
    assert service.run(SYSTEM, TODAY)["voided"] == 1
    # 90 days are left, so the 90-day step is due today
    made = session.scalars(
        select(Reminder).where(Reminder.person_id == ann.id, Reminder.expires_on == days_ahead(90))
    )
    assert {row.step_days: row.message_id is not None for row in made} == {90: True, 180: False}


def test_a_run_is_audited_without_names(session: Session) -> None:
    holder(days_ahead(30), "Ann Example")
    service.run(SYSTEM, TODAY)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "reminders.run")).one()
    assert entry.changes["letters"] == 1
    assert "Ann" not in str(entry.changes)


def test_a_kind_that_includes_another_renews_it(session: Session) -> None:
    ann = holder(days_ahead(30), kind="community-champion")
    expiring_certificate(
        ann, days_ahead(800), "mhfa-adult"
    )  # every MHFA is also a community champion
    assert skip_reasons(service.preview(SYSTEM, TODAY), ann)[30] == SkipReason.RENEWED.value
    bob = holder(days_ahead(30), kind="mhfa-adult")
    expiring_certificate(
        bob, days_ahead(800), "community-champion"
    )  # but a community champion is not an MHFA
    assert skip_reasons(service.preview(SYSTEM, TODAY), bob).get(30) is None
