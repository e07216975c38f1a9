"""Reminders that become outdated between planning and sending."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certificates import service as certificates
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.messages import outbox
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import Channel
from app.people.models import NoticeGiven, Person
from app.reminders import service
from app.reminders.models import Reminder
from app.reminders.types import EXPIRY_CHANGED, REISSUED, SkipReason
from tests.factories import courses, people
from tests.factories import messages as make_messages
from tests.factories.reminders import expiring_certificate, holder
from tests.integration.reminders.conftest import TODAY


def days_ahead(days: int) -> date:
    """Return the date that is this many days from today."""
    return TODAY + timedelta(days=days)


def latest_letter(session: Session, person: Person, letter: str = "reminder") -> Message:
    """Return the newest message of a letter to a person."""
    session.expire_all()
    found = session.scalars(
        select(Message)
        .where(Message.person_id == person.id, Message.letter == letter)
        .order_by(Message.id.desc())
    ).first()
    assert found is not None
    return found


def void_reasons(session: Session, person: Person) -> dict[int, str | None]:
    """Return why each step with a message was voided, or None if it was not."""
    session.expire_all()
    found = session.scalars(
        select(Reminder).where(Reminder.person_id == person.id, Reminder.skipped.is_(None))
    )
    return {row.step_days: row.void_reason for row in found}


def make_outdated(session: Session, ann: Person, what: str) -> None:
    """Change the data so that the waiting reminder is outdated."""
    certificate_id = session.scalars(
        select(Reminder.certificate_id).where(Reminder.person_id == ann.id)
    ).first()
    assert certificate_id is not None
    if what == SkipReason.RENEWED:
        expiring_certificate(ann, days_ahead(1_000))
    elif what == SkipReason.REVOKED:
        certificates.revoke_certificate(SYSTEM, certificate_id, "by mistake")
    elif what == EXPIRY_CHANGED:
        certificates.adjust_expiry(SYSTEM, certificate_id, 400, "ill")
    elif what == SkipReason.LEFT:
        ann.left_on = TODAY
    elif what == SkipReason.AWAY:
        people.absence(ann, TODAY)
    session.flush()


CHANGES = [SkipReason.RENEWED, SkipReason.REVOKED, EXPIRY_CHANGED, SkipReason.LEFT, SkipReason.AWAY]


@pytest.mark.parametrize("what", CHANGES)
def test_the_next_run_voids_outdated_reminders(session: Session, what: str) -> None:
    ann = holder(days_ahead(30), email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    make_outdated(session, ann, what)
    assert service.run(SYSTEM, TODAY)["voided"] == 1
    assert latest_letter(session, ann).void_reason == str(what)
    assert void_reasons(session, ann) == {30: str(what)}


@pytest.mark.parametrize("what", CHANGES)
def test_an_outdated_reminder_is_not_sent_without_a_run(
    session: Session, mailbox: make_messages.Mailbox, what: str
) -> None:
    ann = holder(days_ahead(30))
    with clock.frozen(clock.london_instant(TODAY, time(21))):
        service.run(SYSTEM, TODAY)
        make_outdated(session, ann, what)
        db.session.commit()
        assert outbox.send_waiting().sent == 0
    with clock.frozen(clock.london_instant(days_ahead(1), time(8))):
        tally = outbox.send_waiting()
    assert (tally.sent, tally.voided) == (0, 1)
    assert mailbox.accepted == []
    assert void_reasons(session, ann) == {30: str(what)}


def test_reminders_still_due_are_sent_in_the_morning(
    session: Session, mailbox: make_messages.Mailbox
) -> None:
    holder(days_ahead(30), email="ann@example.org")
    with clock.frozen(clock.london_instant(TODAY, time(21))):
        service.run(SYSTEM, TODAY)
        db.session.commit()
        assert outbox.send_waiting().sent == 0
    with clock.frozen(clock.london_instant(days_ahead(1), time(8))):
        assert outbox.send_waiting().sent == 1
    assert mailbox.addresses == ["ann@example.org"]


def test_people_who_leave_get_no_reminder(session: Session) -> None:
    ann = holder(days_ahead(30))
    service.run(SYSTEM, TODAY)
    service.void_person_reminders(SYSTEM, ann.id, "moved away")
    assert latest_letter(session, ann).void_reason == SkipReason.LEFT.value
    assert latest_letter(session, ann, "reminder-course").void_reason == SkipReason.LEFT.value
    assert void_reasons(session, ann) == {30: SkipReason.LEFT.value}


def test_a_letter_about_two_certificates_is_reissued_without_the_renewed_one(
    session: Session,
) -> None:
    ann = holder(days_ahead(30), kind="mhfa-adult")
    expiring_certificate(ann, days_ahead(7), "mhfa-youth")
    service.run(SYSTEM, TODAY)
    first = latest_letter(session, ann)
    assert len(first.context["certificates"]) == 2
    expiring_certificate(ann, days_ahead(1_000), "mhfa-youth")
    service.run(SYSTEM, TODAY)
    second = latest_letter(session, ann)
    assert second.id != first.id
    assert [each["expires"] for each in second.context["certificates"]] == ["31 March 2027"]
    session.refresh(first)
    assert first.void_reason == SkipReason.RENEWED.value
    assert void_reasons(session, ann) == {30: None, 7: SkipReason.RENEWED.value}
    assert REISSUED not in void_reasons(session, ann).values()


def test_an_open_call_is_replaced_by_the_next_step(session: Session) -> None:
    ann = holder(days_ahead(30), email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    first = latest_letter(session, ann)
    service.run(SYSTEM, days_ahead(23))
    assert latest_letter(session, ann).id != first.id
    assert void_reasons(session, ann) == {30: SkipReason.LATER_STEP_DUE.value, 7: None}


def test_people_who_return_within_thirty_days_get_the_reminder(session: Session) -> None:
    ann = holder(days_ahead(30), email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    people.absence(ann, days_ahead(1), days_ahead(3))
    service.run(SYSTEM, days_ahead(2))
    assert void_reasons(session, ann) == {30: SkipReason.AWAY.value}
    service.run(SYSTEM, days_ahead(4))
    assert void_reasons(session, ann) == {30: None}
    assert latest_letter(session, ann).voided_at is None


def test_an_email_that_came_back_is_not_sent_again(
    session: Session, mailbox: make_messages.Mailbox
) -> None:
    ann = holder(days_ahead(30), email="gone@example.org")
    mailbox.refuse["gone@example.org"] = "550 no such user"
    service.run(SYSTEM, TODAY)
    db.session.commit()
    assert outbox.send_waiting().failed == 1
    assert service.run(SYSTEM, TODAY)["letters"] == 0
    assert latest_letter(session, ann).failed_at is not None


def test_without_a_free_course_a_call_is_added_to_the_list(
    session: Session,
) -> None:
    ann = holder(days_ahead(30), email="ann@example.org")
    result = service.run(SYSTEM, TODAY)
    assert (result["letters"], result["no_course"]) == (1, 1)
    call = latest_letter(session, ann, "reminder-course")
    assert (call.channel, call.address) == (Channel.PHONE, "ann@example.org")
    assert latest_letter(session, ann).context["runs"] == []


def add_home_in_thetford(person: Person) -> None:
    """Give the person a home with a known postcode."""
    people.presence(person, postcode="IP24 1JD", district="E07000143")


def test_only_free_courses_nearby_are_mentioned(session: Session) -> None:
    near = {"venue_easting": 587_000, "venue_northing": 283_000}
    far = {"venue_easting": 650_000, "venue_northing": 310_000}
    courses.run(days_ahead(10), **near)
    courses.run(days_ahead(11), fee_pence=5_000, **near)
    courses.run(days_ahead(12), **far)
    courses.run(days_ahead(13), capacity=1, minimum=1, cut_off_on=days_ahead(-1), **near)
    ann = holder(days_ahead(30))
    add_home_in_thetford(ann)
    result = service.run(SYSTEM, TODAY)
    assert result["no_course"] == 0
    [run] = latest_letter(session, ann).context["runs"]
    assert run["day"] == "11 March 2027"


def test_an_open_call_is_voided_when_the_person_renews(session: Session) -> None:
    ann = holder(days_ahead(30))
    service.run(SYSTEM, TODAY)
    letter = latest_letter(session, ann)
    letter.sent_at = clock.now()
    expiring_certificate(ann, days_ahead(1_000))
    service.run(SYSTEM, days_ahead(1))
    assert latest_letter(session, ann, "reminder-course").void_reason == SkipReason.RENEWED.value
    assert void_reasons(session, ann) == {30: None}


def test_a_manual_run_sends_earlier_messages_first(
    app: Flask, session: Session, mailbox: make_messages.Mailbox
) -> None:
    with (
        clock.frozen(clock.london_instant(TODAY, time(22))),
        make_messages.made_up_letters(app) as add,
    ):
        add("test-notice", can_wait=True, subject="Where we got your details from")
        ann = holder(days_ahead(30), has_notice=False, email="ann@example.org")
        session.add(NoticeGiven(person_id=ann.id, version=1, given_at=clock.now(), how="letter"))
        messages.post(
            make_messages.draft("ann@example.org", letter="test-notice", person_id=ann.id)
        )
        ids = service.run(SYSTEM, TODAY, at_once=True)["message_ids"]
        db.session.commit()
        assert outbox.send_waiting(at_once=True, only=ids).sent == 2
    subjects = [mail["Subject"] for _, mail in mailbox.accepted]
    assert subjects[0] == "Where we got your details from"
    assert "renew" in subjects[1]


@pytest.mark.parametrize("renewed_first", [True, False])
def test_revoking_a_renewal_makes_the_step_due_again(session: Session, renewed_first: bool) -> None:
    ann = holder(days_ahead(30))
    if not renewed_first:
        service.run(SYSTEM, TODAY)  # its letter is waiting, and the renewal voids it
    newer = expiring_certificate(ann, days_ahead(1_000))
    service.run(SYSTEM, TODAY)
    assert void_reasons(session, ann) == ({} if renewed_first else {30: SkipReason.RENEWED.value})
    certificates.revoke_certificate(SYSTEM, newer.id, "the run was reopened")
    with clock.frozen(days_ahead(2)):
        service.run(SYSTEM, days_ahead(2))
        service.run(SYSTEM, days_ahead(2))
    assert void_reasons(session, ann) == {30: None}
    assert latest_letter(session, ann).voided_at is None
