"""Reminders that came back, when the person has a new email address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.permissions import Role
from app.messages import outbox, writing
from app.messages import service as messages
from app.messages.models import Message
from app.people import contact
from app.people.models import Person
from app.reminders import service
from app.reminders.queries.pages import needs_contact
from tests.addresses import at
from tests.factories import accounts
from tests.factories import messages as make
from tests.factories.reminders import expiring_certificate, holder
from tests.integration.reminders.conftest import TODAY
from tests.integration.reminders.test_waiting import days_ahead, latest_letter

OLD, NEW = "ann@old.example", "ann@new.example"


@pytest.fixture
def ann(session: Session, mailbox: make.Mailbox) -> Iterator[Person]:
    """Create a person whose certificate expires in a month and whose first reminder came back."""
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


def expiry_in_reminders(session: Session) -> list[str]:
    """Return what the reminders to the new address say about when the certificate expires."""
    sent = session.scalars(
        select(Message)
        .where(Message.letter == "reminder", Message.address == NEW, Message.sent_at.is_not(None))
        .order_by(Message.id)
    )
    return [each.context["certificates"][0]["when"] for each in sent]


def test_a_reminder_that_came_back_today_is_sent_again(session: Session, ann: Person) -> None:
    move_to_new_address(session, ann)
    assert expiry_in_reminders(session) == ["in 30 days"]


def test_an_older_reminder_is_written_again(session: Session, ann: Person) -> None:
    """Previously, it still said “in 30 days” ten days later, and named courses that may be over."""
    with clock.frozen(TODAY + timedelta(days=10)):
        move_to_new_address(session, ann)
        assert expiry_in_reminders(session) == []
        remind(session)
        assert expiry_in_reminders(session) == ["in 20 days"]
        remind(session)
        assert expiry_in_reminders(session) == ["in 20 days"]


@pytest.mark.parametrize("person_called", [True, False])
def test_staff_are_not_asked_twice_to_find_a_course(
    session: Session, ann: Person, person_called: bool
) -> None:
    """They had already called, and had recorded the new address that the person gave them."""
    first = latest_letter(session, ann, "reminder-course")
    if person_called:
        messages.record_manual_contact(SYSTEM, first.id, "She will travel to Norwich")
    with clock.frozen(TODAY + timedelta(days=10)):
        move_to_new_address(session, ann)
        remind(session)
        assert expiry_in_reminders(session) == ["in 20 days"]
        letter = latest_letter(session, ann)
        assert "There are no free courses near you" in str(letter.text)
        assert ("Somebody from the team will contact you" in str(letter.text)) is not person_called
        last = latest_letter(session, ann, "reminder-course")
        assert (last.id == first.id) is person_called
        assert is_listed(session, last) is not person_called
    with clock.frozen(TODAY + timedelta(days=23)):
        remind(session)
        assert latest_letter(session, ann, "reminder-course").id not in (first.id, last.id)


def test_staff_are_asked_about_the_certificates_they_did_not_call_about(
    session: Session, ann: Person
) -> None:
    first = latest_letter(session, ann, "reminder-course")
    messages.record_manual_contact(SYSTEM, first.id, "She will travel to Norwich")
    with clock.frozen(TODAY + timedelta(days=10)):
        expiring_certificate(ann, clock.today() + timedelta(days=30), "mhfa-youth")
        move_to_new_address(session, ann)
        remind(session)
        call = latest_letter(session, ann, "reminder-course")
        assert [each["expires"] for each in call.context["certificates"]] == ["10 April 2027"]
        assert len(latest_letter(session, ann).context["certificates"]) == 2


def test_a_later_reminder_replaces_it(session: Session, ann: Person) -> None:
    with clock.frozen(TODAY + timedelta(days=23)):
        remind(session)
        move_to_new_address(session, ann)
        remind(session)
        assert expiry_in_reminders(session) == ["in 7 days"]


def begin_sending(session: Session) -> Person:
    """Return the holder of two certificates, whose reminder may have been sent."""
    person = holder(days_ahead(30), email=NEW)
    expiring_certificate(person, days_ahead(30), "mhfa-youth")
    service.run(SYSTEM, clock.today())
    db.session.commit()
    writing.record_attempt(latest_letter(session, person).id, 1)
    return person


def renew_one(person: Person) -> None:
    expiring_certificate(person, days_ahead(1_000), "mhfa-youth")
    db.session.commit()


def assert_listed(session: Session, person: Person) -> None:
    """Check that the reminder was neither voided nor sent again, and is on the call list."""
    remind(session)
    assert expiry_in_reminders(session) == []
    message = latest_letter(session, person)
    assert message.is_in_doubt
    assert message.voided_at is None
    assert is_listed(session, message)


def is_listed(session: Session, message: Message) -> bool:
    """Return whether the message is on the call list."""
    found = select(Message.id).where(Message.id == message.id, needs_contact(clock.today()))
    return session.scalar(found) is not None


def test_an_old_reminder_that_may_have_been_sent_is_listed(
    session: Session, mailbox: make.Mailbox
) -> None:
    """Previously, it was written again two days later, so the person could get it twice."""
    person = begin_sending(session)
    with clock.frozen(TODAY + timedelta(days=2)):
        outbox.send_waiting(at_once=True)
        assert_listed(session, person)


@pytest.mark.parametrize("first", ["worker", "run"])
def test_a_reminder_that_may_have_been_sent_is_not_reissued(
    session: Session, mailbox: make.Mailbox, first: str
) -> None:
    """Previously, it was sent again about one certificate when the other had been renewed."""
    person = begin_sending(session)
    if first == "worker":
        outbox.send_waiting(at_once=True)
    renew_one(person)
    with clock.frozen(TODAY + timedelta(days=1)):
        assert_listed(session, person)


def test_a_reminder_that_may_have_been_sent_is_voided_if_nothing_is_left(
    session: Session, mailbox: make.Mailbox
) -> None:
    person = begin_sending(session)
    renew_one(person)
    expiring_certificate(person, days_ahead(1_000), "mhfa-adult")
    remind(session)
    assert latest_letter(session, person).void_reason == "renewed"


def person_whose_reminder_came_back(session: Session, mailbox: make.Mailbox, *kinds: str) -> Person:
    """Return the holder of certificates that expire in 180 days, whose first reminder came back."""
    mailbox.refuse[OLD] = "550 5.1.1 no such user"
    person = holder(days_ahead(180), email=OLD, kind="mhfa-adult")
    for kind in kinds:
        expiring_certificate(person, days_ahead(180), kind)
    remind(session)
    return person


def test_a_reminder_that_is_too_late_to_write_again_stays_on_the_call_list(
    session: Session, mailbox: make.Mailbox, sign_in: Callable[[User], FlaskClient]
) -> None:
    """Previously, a new address took it off the list, although it was too late to be sent."""
    person = person_whose_reminder_came_back(session, mailbox)
    with clock.frozen(TODAY + timedelta(days=30)):
        move_to_new_address(session, person)
        for days in (31, 40):
            with clock.frozen(TODAY + timedelta(days=days)):
                remind(session)
                message = latest_letter(session, person)
                assert expiry_in_reminders(session) == []
                assert is_listed(session, message)
        user = accounts.user(Role.COORDINATOR)
        page = sign_in(user).get(at(f"/reminders/contacts/{message.id}")).text
        assert "Our email could not be delivered" in page
        assert "Reason: The dates in this reminder are out of date" in page


def test_a_reminder_is_written_again_if_the_next_run_can_send_it(
    session: Session, mailbox: make.Mailbox
) -> None:
    person = person_whose_reminder_came_back(session, mailbox)
    with clock.frozen(TODAY + timedelta(days=29)):
        move_to_new_address(session, person)
    with clock.frozen(TODAY + timedelta(days=30)):
        remind(session)
        assert expiry_in_reminders(session) == ["in 150 days"]


@pytest.mark.parametrize("moved", [False, True])
def test_one_of_two_reminders_is_too_late_to_write_again(
    session: Session, mailbox: make.Mailbox, moved: bool
) -> None:
    person = person_whose_reminder_came_back(session, mailbox, "mhfa-youth")
    with clock.frozen(TODAY + timedelta(days=35)):
        renew_one(person)
        if moved:
            move_to_new_address(session, person)
        remind(session)
        assert is_listed(session, latest_letter(session, person))
        assert expiry_in_reminders(session) == []
