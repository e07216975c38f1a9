"""Reminders that cannot be written again, when the reason to void them passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.courses.models import Attendee
from app.messages import outbox, writing
from app.messages.models import Message
from app.people import pausing
from app.people.models import Absence, Person
from app.reminders import service
from app.reminders.queries.obsolete_messages import COURSE_CALL
from tests.factories import messages as make
from tests.factories import people
from tests.factories.reminders import expiring_certificate, holder
from tests.integration.reminders.conftest import TODAY
from tests.integration.reminders.test_booked import book
from tests.integration.reminders.test_came_back import (
    NEW,
    OLD,
    is_listed,
    move_to_new_address,
    person_whose_reminder_came_back,
    remind,
)
from tests.integration.reminders.test_waiting import days_ahead, latest_letter

FIRST = TODAY + timedelta(days=1)


def be_away(person: Person, on: date) -> Callable[[], None]:
    people.absence(person, on, None)

    def return_now() -> None:
        db.session.delete(db.session.scalars(select(Absence)).one())

    return return_now


def be_paused(person: Person, on: date) -> Callable[[], None]:
    pausing.pause_person(SYSTEM, person.id, on, None, on)
    return lambda: pausing.resume_person(SYSTEM, person.id, clock.today())


def have_a_booking(person: Person, on: date) -> Callable[[], None]:
    book(person, on + timedelta(days=20))

    def give_up() -> None:
        for each in db.session.scalars(select(Attendee)):
            each.cancelled_at = clock.now()

    return give_up


PASSING = [be_away, be_paused, have_a_booking]


@pytest.mark.parametrize("begin", PASSING)
@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("first", ["worker", "run"])
def test_a_reminder_that_may_have_been_sent_is_never_sent_again(
    session: Session,
    mailbox: make.Mailbox,
    begin: Callable[[Person, date], Callable[[], None]],
    stopped: bool,
    first: str,
) -> None:
    """It was voided, and then either sent again or not on the call list."""
    person = holder(days_ahead(30), email=NEW)
    service.run(SYSTEM, clock.today())
    db.session.commit()
    writing.record_attempt(latest_letter(session, person).id, 1)
    if stopped:
        outbox.send_waiting(at_once=True)
    with clock.frozen(FIRST):
        end = begin(person, FIRST)
        db.session.commit()
        if first == "worker":
            outbox.send_waiting(at_once=True)
        remind(session)
    for days in (1, 2):
        with clock.frozen(FIRST + timedelta(days=days)):
            if days == 1:
                end()
                db.session.commit()
            remind(session)
    letters = session.scalars(select(Message).where(Message.letter == "reminder")).all()
    assert len(letters) == 1
    assert [message for _to, message in mailbox.accepted if "reminder" in str(message)] == []
    with clock.frozen(FIRST + timedelta(days=2)):
        assert is_listed(session, letters[0])


@pytest.mark.parametrize("begin", PASSING)
@pytest.mark.parametrize("moved", [False, True])
def test_a_listed_reminder_that_is_too_late_to_write_again_stays_listed(
    session: Session,
    mailbox: make.Mailbox,
    begin: Callable[[Person, date], Callable[[], None]],
    moved: bool,
) -> None:
    """Nobody wrote or called until the next step."""
    person = person_whose_reminder_came_back(session, mailbox)
    late = TODAY + timedelta(days=35)
    with clock.frozen(late):
        end = begin(person, late)
        db.session.commit()
        if moved:
            move_to_new_address(session, person)
        remind(session)
        message = latest_letter(session, person)
        assert is_listed(session, message) is (begin is have_a_booking)
    with clock.frozen(late + timedelta(days=2)):
        end()
        db.session.commit()
        remind(session)
        assert is_listed(session, latest_letter(session, person))
    assert OLD not in [to for to, _message in mailbox.accepted]


@pytest.mark.parametrize("begin", PASSING)
def test_the_call_promised_in_a_sent_reminder_is_not_lost(
    session: Session, mailbox: make.Mailbox, begin: Callable[[Person, date], Callable[[], None]]
) -> None:
    """The reminder said that somebody would call, and the call was voided for good."""
    person = holder(days_ahead(30), email=NEW)
    remind(session)
    assert "Somebody from the team will contact you" in str(latest_letter(session, person).text)
    call = latest_letter(session, person, COURSE_CALL)
    with clock.frozen(FIRST):
        assert is_listed(session, call)
        end = begin(person, FIRST)
        db.session.commit()
        remind(session)
        assert not is_listed(session, call)
    with clock.frozen(FIRST + timedelta(days=1)):
        remind(session)
        session.refresh(call)
        assert not is_listed(session, call)
        end()
        db.session.commit()
        remind(session)
        assert is_listed(session, latest_letter(session, person, COURSE_CALL))
    with clock.frozen(FIRST + timedelta(days=2)):
        expiring_certificate(person, days_ahead(1_000))
        db.session.commit()
        remind(session)
        assert not is_listed(session, latest_letter(session, person, COURSE_CALL))
    calls = session.scalars(select(Message).where(Message.letter == COURSE_CALL)).all()
    assert len(calls) == 1
    assert len(mailbox.accepted) == 1


def test_a_call_that_a_later_reminder_repeats_is_not_restored(
    session: Session, mailbox: make.Mailbox
) -> None:
    person = holder(days_ahead(30), email=NEW)
    remind(session)
    first = latest_letter(session, person, COURSE_CALL)
    with clock.frozen(FIRST):
        end = be_away(person, FIRST)
        remind(session)
    with clock.frozen(TODAY + timedelta(days=23)):
        end()
        db.session.commit()
        remind(session)
        assert not is_listed(session, first)
        assert is_listed(session, latest_letter(session, person, COURSE_CALL))
