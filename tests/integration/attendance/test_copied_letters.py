"""The trainer's page about a letter that went to the linked person at the typed address."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.actor import SYSTEM
from app.courses.models import CourseRun
from app.messages import service, writing
from app.messages.models import Message
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import ContactPreferences
from tests.addresses import at
from tests.factories import courses
from tests.factories import messages as make
from tests.integration.attendance.conftest import FIRST, send_messages
from tests.integration.attendance.test_correction_letters import (
    HOME,
    ann_with_certificate,
    post,
    without_identifiers,
)
from tests.integration.attendance.test_linking import REFRESHER, attend
from tests.integration.rescheduling.moving import LATER, Move
from tests.integration.rescheduling.test_moving_linked import champion_with_expiring_certificate

pytestmark = pytest.mark.usefixtures("evening_after")
SignIn = Callable[[User], FlaskClient]
REFUSED, BUSY = "550 5.1.1 no such user", "451 4.7.1 try again later"
NOT_DELIVERED = "could not be delivered"


class Trainer:
    """A trainer who looks at a run after each event."""

    def __init__(self, sign_in: SignIn, user: User, run: CourseRun) -> None:
        self.sign_in, self.user, self.run = sign_in, user, run
        self.pages: list[str] = []

    def look(self) -> None:
        """Read the page, signed in again because days may have passed."""
        client = self.sign_in(self.user)
        client.get("/")  # shows any confirmation message
        reply = client.get(at(f"/training/{self.run.id}"))
        assert reply.status_code == 200
        self.pages.append(without_identifiers(reply.text))

    def send(self) -> None:
        send_messages(at_once=True)
        self.look()


def signed_off(sign_in: SignIn, trainer: User, person: Person | None) -> Trainer:
    """Sign off a run with Ann, who was added by name with her own address."""
    run = courses.run(FIRST, REFRESHER, trainer_user=trainer)
    attendee = attend(run, trainer, name="Anne Field", email=HOME)
    if person is not None:
        courses.link(attendee, person)
    post(sign_in(trainer), run, "complete")
    return Trainer(sign_in, trainer, run)


def assert_same(known: list[str], unknown: list[str]) -> None:
    """Assert that the pages are the same, and show only the lines that differ."""
    for one, other in zip(known, unknown, strict=True):
        lines = difflib.ndiff(one.splitlines(), other.splitlines())
        assert [each for each in lines if each[0] in "+-"] == []


def failed_letters(session: Session, person: Person | None) -> list[int]:
    if person is None:
        return []
    rows = select(Message.id).where(Message.person_id == person.id, Message.failed_at.is_not(None))
    return list(session.scalars(rows))


@pytest.mark.parametrize("then", ["call", "new address"])
def test_what_staff_do_about_a_refused_letter_does_not_show(
    session: Session, sign_in: SignIn, trainer: User, mailbox: make.Mailbox, then: str
) -> None:
    """The page said that the email was sent after all, which it never did for anybody unknown."""

    def pages(person: Person | None) -> list[str]:
        mailbox.refuse[HOME] = REFUSED
        seen = signed_off(sign_in, trainer, person)
        seen.send()
        failed = failed_letters(session, person)
        assert bool(failed) is bool(person)
        with clock.frozen(FIRST + timedelta(days=3)):
            if then == "call":
                for each in failed:
                    service.record_manual_contact(SYSTEM, each, "Told them")
            else:
                writing.resend_undelivered(failed, {"address": "ann@new.example"})
            session.expire_all()
            seen.look()
            seen.send()
        return seen.pages

    known = pages(ann_with_certificate())
    assert_same(known, pages(None))
    assert all(NOT_DELIVERED in page for page in known)


def test_a_delayed_letter_is_sent_on_the_day_on_which_it_is_accepted(
    session: Session, sign_in: SignIn, trainer: User, mailbox: make.Mailbox
) -> None:
    def pages(person: Person | None) -> list[str]:
        mailbox.refuse[HOME] = BUSY
        seen = signed_off(sign_in, trainer, person)
        seen.send()
        mailbox.refuse.clear()
        with clock.frozen(FIRST + timedelta(days=2)):
            seen.look()
            seen.send()
        with clock.frozen(FIRST + timedelta(days=4)):
            seen.send()
        return seen.pages

    known = pages(ann_with_certificate())
    assert_same(known, pages(None))
    assert "Waiting to be sent by email" in known[0]
    assert "Sent by email on 29 March 2027" in known[-1]


def test_an_old_letter_that_came_back_does_not_show(
    session: Session, sign_in: SignIn, trainer: User, mailbox: make.Mailbox
) -> None:
    """The person wants no contact since, so that nothing is sent to the typed address."""
    person = ann_with_certificate()
    old = make.message(HOME, person_id=person.id, letter="booking-cancelled")
    old.failed_at, old.last_error = clock.now(), REFUSED
    wishes.record_wishes(SYSTEM, person, ContactPreferences(silent=True))
    session.flush()
    seen = signed_off(sign_in, trainer, person)
    seen.send()
    assert NOT_DELIVERED not in seen.pages[0]
    assert "Sent by email on 28 March 2027" in seen.pages[0]


def test_a_letter_that_may_have_been_sent_looks_sent(
    session: Session, sign_in: SignIn, trainer: User, mailbox: make.Mailbox
) -> None:
    """It is repeated for somebody unknown, but staff ask the person instead."""

    def pages(person: Person | None) -> list[str]:
        seen = signed_off(sign_in, trainer, person)
        mailbox.drop_after = len(mailbox.accepted)
        send_messages(at_once=True)
        doubtful = select(Message.id).where(Message.unsettled_at.is_not(None))
        assert session.scalars(doubtful).all()
        with clock.frozen(FIRST + timedelta(days=2)):
            send_messages(at_once=True)
            seen.look()
        return [page.replace("28 March", "29 March") for page in seen.pages]

    known = pages(ann_with_certificate())
    assert_same(known, pages(None))
    assert NOT_DELIVERED not in known[0]


@pytest.mark.parametrize("answer", [REFUSED, BUSY])
@pytest.mark.parametrize("end", ["move", "cancel", "remove"])
def test_letters_about_a_change_show_what_they_would_for_somebody_unknown(
    session: Session,
    sign_in: SignIn,
    trainer: User,
    mailbox: make.Mailbox,
    answer: str,
    end: str,
) -> None:
    def pages(person: Person | None) -> list[str]:
        client = sign_in(trainer)
        mailbox.refuse.clear()
        run = courses.run(FIRST, REFRESHER, trainer_user=trainer)
        attendee = courses.attendee(run, name="Anne Field", email=HOME)
        if person is not None:
            courses.link(attendee, person)
        seen = Trainer(sign_in, trainer, run)
        if end != "move":
            move = Move(client, run)
            move.press(move.check())
            seen.send()
            client = sign_in(trainer)
        mailbox.refuse[HOME] = answer
        if end == "move":
            move = Move(client, run)
            move.press(move.check())
        elif end == "cancel":
            post(client, run, "cancel", reason="The hall is flooded")
        else:
            removal = client.post(at(f"/training/{run.id}/people/{attendee.id}/remove"))
            seen.pages.append(without_identifiers(client.get(removal.location).text))
        seen.look()
        seen.send()
        with clock.frozen(LATER - timedelta(days=30)):
            seen.send()
        run.cancelled_at = clock.now()
        session.flush()
        return seen.pages

    with clock.frozen(FIRST - timedelta(days=26)):
        assert_same(pages(champion_with_expiring_certificate(session, HOME)), pages(None))
