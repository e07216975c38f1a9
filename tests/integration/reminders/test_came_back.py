"""Reminders that came back, when the person has a new email address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.messages import outbox
from app.messages.models import Message
from app.people import contact
from app.people.models import Person
from app.reminders import service
from tests.factories import messages as make
from tests.factories.reminders import holder
from tests.integration.reminders.conftest import TODAY
from tests.integration.reminders.test_waiting import days_ahead, mailbox

__all__ = ["mailbox"]
OLD, NEW = "ann@old.example", "ann@new.example"


@pytest.fixture
def ann(session: Session, mailbox: make.Mailbox) -> Iterator[Person]:
    """Create a person with a certificate for another month, whose first reminder came back."""
    mailbox.refuse[OLD] = "550 5.1.1 no such user"
    person = holder(days_ahead(30), email=OLD)
    remind(session)
    yield person


def remind(session: Session) -> None:
    """Post the reminders of today, and send messages."""
    service.run(SYSTEM, clock.today())
    db.session.commit()
    outbox.send_waiting(at_once=True)
    session.expire_all()


def move_to_new_address(session: Session, person: Person) -> None:
    for each in person.contacts:
        each.point.value = NEW
    session.flush()
    contact.resend_undelivered(person.id, clock.today())
    db.session.commit()
    outbox.send_waiting(at_once=True)
    session.expire_all()


def received(session: Session) -> list[str]:
    """Return when the certificate expires, as the reminders at the new address say."""
    sent = session.scalars(
        select(Message)
        .where(Message.letter == "reminder", Message.address == NEW, Message.sent_at.is_not(None))
        .order_by(Message.id)
    )
    return [each.context["certificates"][0]["when"] for each in sent]


def test_a_reminder_that_came_back_today_is_sent_again(session: Session, ann: Person) -> None:
    move_to_new_address(session, ann)
    assert received(session) == ["in 30 days"]


def test_an_older_reminder_is_written_anew(session: Session, ann: Person) -> None:
    """It said “in 30 days” ten days later, and named courses that may be over."""
    with clock.frozen(TODAY + timedelta(days=10)):
        move_to_new_address(session, ann)
        assert received(session) == []
        remind(session)
        assert received(session) == ["in 20 days"]
        remind(session)
        assert received(session) == ["in 20 days"]


def test_a_later_reminder_replaces_it(session: Session, ann: Person) -> None:
    with clock.frozen(TODAY + timedelta(days=23)):
        remind(session)
        move_to_new_address(session, ann)
        remind(session)
        assert received(session) == ["in 7 days"]
