"""Between being planned and being sent: what is no longer due does not go."""

from __future__ import annotations

from collections.abc import Iterator
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
from app.reminders.types import EXPIRY_CHANGED, MADE_ANEW, Skip
from tests.factories import courses, people
from tests.factories import messages as make_messages
from tests.factories.reminders import holder, lapsing
from tests.integration.reminders.conftest import TODAY


def ahead(days: int) -> date:
    """A day so many days from today."""
    return TODAY + timedelta(days=days)


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[make_messages.Mailbox]:
    """The mail server that the application hands its e-mail to."""
    with make_messages.mailbox() as box:
        monkeypatch.setitem(app.config, "MAIL_URL", f"smtp://127.0.0.1:{box.port}")
        yield box


def the_letter(session: Session, of: Person, letter: str = "reminder") -> Message:
    """The newest message of a letter to a person."""
    session.expire_all()
    found = session.scalars(
        select(Message)
        .where(Message.person_id == of.id, Message.letter == letter)
        .order_by(Message.id.desc())
    ).first()
    assert found is not None
    return found


def rows(session: Session, of: Person) -> dict[int, str | None]:
    """Step → why its reminder was voided, of those that had a message."""
    session.expire_all()
    found = session.scalars(
        select(Reminder).where(Reminder.person_id == of.id, Reminder.skipped.is_(None))
    )
    return {row.step_days: row.void_reason for row in found}


def change(session: Session, ann: Person, what: str) -> None:
    """Something happens that makes the waiting reminder wrong."""
    certificate_id = session.scalars(
        select(Reminder.certificate_id).where(Reminder.person_id == ann.id)
    ).first()
    assert certificate_id is not None
    if what == Skip.RENEWED:
        lapsing(ann, ahead(1_000))
    elif what == Skip.REVOKED:
        certificates.revoke(SYSTEM, certificate_id, "by mistake")
    elif what == EXPIRY_CHANGED:
        certificates.adjust(SYSTEM, certificate_id, 400, "ill")
    elif what == Skip.LEFT:
        ann.left_on = TODAY
    elif what == Skip.AWAY:
        people.absence(ann, TODAY)
    session.flush()


CHANGES = [Skip.RENEWED, Skip.REVOKED, EXPIRY_CHANGED, Skip.LEFT, Skip.AWAY]


@pytest.mark.parametrize("what", CHANGES)
def test_the_next_run_voids_what_waits(session: Session, what: str) -> None:
    ann = holder(ahead(30), email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    change(session, ann, what)
    assert service.run(SYSTEM, TODAY)["voided"] == 1
    assert the_letter(session, ann).void_reason == str(what)
    assert rows(session, ann) == {30: str(what)}


@pytest.mark.parametrize("what", CHANGES)
def test_at_the_last_moment_it_does_not_go_either(
    session: Session, mailbox: make_messages.Mailbox, what: str
) -> None:
    ann = holder(ahead(30))
    with clock.frozen(clock.london(TODAY, time(21))):
        service.run(SYSTEM, TODAY)
        change(session, ann, what)
        db.session.commit()
        assert outbox.send_waiting().sent == 0
    with clock.frozen(clock.london(ahead(1), time(8))):
        tally = outbox.send_waiting()
    assert (tally.sent, tally.voided) == (0, 1)
    assert mailbox.accepted == []
    assert rows(session, ann) == {30: str(what)}


def test_what_is_still_due_goes_in_the_morning(
    session: Session, mailbox: make_messages.Mailbox
) -> None:
    holder(ahead(30), email="ann@example.org")
    with clock.frozen(clock.london(TODAY, time(21))):
        service.run(SYSTEM, TODAY)
        db.session.commit()
        assert outbox.send_waiting().sent == 0
    with clock.frozen(clock.london(ahead(1), time(8))):
        assert outbox.send_waiting().sent == 1
    assert mailbox.addresses == ["ann@example.org"]


def test_who_leaves_is_not_written_to(session: Session) -> None:
    ann = holder(ahead(30))
    service.run(SYSTEM, TODAY)
    service.person_left(SYSTEM, ann.id, "moved away")
    assert the_letter(session, ann).void_reason == Skip.LEFT.value
    assert the_letter(session, ann, "reminder-course").void_reason == Skip.LEFT.value
    assert rows(session, ann) == {30: Skip.LEFT.value}


def test_a_letter_of_two_is_made_anew_without_the_one_that_was_renewed(
    session: Session,
) -> None:
    ann = holder(ahead(30), kind="mhfa-adult")
    lapsing(ann, ahead(7), "mhfa-youth")
    service.run(SYSTEM, TODAY)
    first = the_letter(session, ann)
    assert len(first.context["certificates"]) == 2
    lapsing(ann, ahead(1_000), "mhfa-youth")
    service.run(SYSTEM, TODAY)
    second = the_letter(session, ann)
    assert second.id != first.id
    assert [each["expires"] for each in second.context["certificates"]] == ["31 March 2027"]
    session.refresh(first)
    assert first.void_reason == Skip.RENEWED.value
    assert rows(session, ann) == {30: None, 7: Skip.RENEWED.value}
    assert MADE_ANEW not in rows(session, ann).values()


def test_a_call_that_nobody_made_gives_way_to_the_next_step(session: Session) -> None:
    ann = holder(ahead(30), email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    first = the_letter(session, ann)
    service.run(SYSTEM, ahead(23))
    assert the_letter(session, ann).id != first.id
    assert rows(session, ann) == {30: Skip.OLDER_STEP.value, 7: None}


def test_who_comes_back_before_the_step_is_old_is_told_after_all(session: Session) -> None:
    ann = holder(ahead(30), email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    people.absence(ann, ahead(1), ahead(3))
    service.run(SYSTEM, ahead(2))
    assert rows(session, ann) == {30: Skip.AWAY.value}
    service.run(SYSTEM, ahead(4))
    assert rows(session, ann) == {30: None}
    assert the_letter(session, ann).voided_at is None


def test_a_letter_that_came_back_is_not_written_again(
    session: Session, mailbox: make_messages.Mailbox
) -> None:
    ann = holder(ahead(30), email="gone@example.org")
    mailbox.refuse["gone@example.org"] = "550 no such user"
    service.run(SYSTEM, TODAY)
    db.session.commit()
    assert outbox.send_waiting().failed == 1
    assert service.run(SYSTEM, TODAY)["letters"] == 0
    assert the_letter(session, ann).failed_at is not None


def test_without_a_free_course_the_step_stands_on_the_coordinators_list_too(
    session: Session,
) -> None:
    ann = holder(ahead(30), email="ann@example.org")
    result = service.run(SYSTEM, TODAY)
    assert (result["letters"], result["no_course"]) == (1, 1)
    call = the_letter(session, ann, "reminder-course")
    assert (call.channel, call.address) == (Channel.PHONE, "ann@example.org")
    assert the_letter(session, ann).context["runs"] == []


def near_thetford(of: Person) -> None:
    """A place to live whose postcode the directory knows."""
    people.presence(of, postcode="IP24 1JD", district="E07000143")


def test_only_free_courses_within_reach_are_named(session: Session) -> None:
    near = {"venue_easting": 587_000, "venue_northing": 283_000}
    far = {"venue_easting": 650_000, "venue_northing": 310_000}
    courses.run(ahead(10), **near)
    courses.run(ahead(11), fee_pence=5_000, **near)
    courses.run(ahead(12), **far)
    courses.run(ahead(13), capacity=1, minimum=1, cut_off_on=ahead(-1), **near)
    ann = holder(ahead(30))
    near_thetford(ann)
    result = service.run(SYSTEM, TODAY)
    assert result["no_course"] == 0
    [run] = the_letter(session, ann).context["runs"]
    assert run["day"] == "11 March 2027"


def test_an_open_call_ends_when_the_person_renews(session: Session) -> None:
    ann = holder(ahead(30))
    service.run(SYSTEM, TODAY)
    letter = the_letter(session, ann)
    letter.sent_at = clock.now()
    lapsing(ann, ahead(1_000))
    service.run(SYSTEM, ahead(1))
    assert the_letter(session, ann, "reminder-course").void_reason == Skip.RENEWED.value
    assert rows(session, ann) == {30: None}


def test_by_hand_nothing_that_was_posted_before_is_overtaken(
    app: Flask, session: Session, mailbox: make_messages.Mailbox
) -> None:
    with clock.frozen(clock.london(TODAY, time(22))), make_messages.made_up_letters(app) as add:
        add("test-notice", can_wait=True, subject="Where we got your details from")
        ann = holder(ahead(30), told=False, email="ann@example.org")
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
def test_a_renewal_that_is_revoked_gives_the_step_back(
    session: Session, renewed_first: bool
) -> None:
    ann = holder(ahead(30))
    if not renewed_first:
        service.run(SYSTEM, TODAY)  # its letter waits, and is voided by the renewal
    newer = lapsing(ann, ahead(1_000))
    service.run(SYSTEM, TODAY)
    assert rows(session, ann) == ({} if renewed_first else {30: Skip.RENEWED.value})
    certificates.revoke(SYSTEM, newer.id, "the run was reopened")
    with clock.frozen(ahead(2)):
        service.run(SYSTEM, ahead(2))
        service.run(SYSTEM, ahead(2))
    assert rows(session, ann) == {30: None}
    assert the_letter(session, ann).voided_at is None
