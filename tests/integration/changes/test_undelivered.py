"""An email that came back is sent again, once, when the person has a new address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import SIGN_IN_LINK
from app.applications.models import RecordMerge
from app.attendance import letters as attendance_letters
from app.changes import contact_ends
from app.core import clock, links
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.permissions import Role
from app.courses import notifications
from app.courses.models import Attendee, CourseRun
from app.courses.running import get_current_run
from app.identity import service as identity
from app.messages import outbox, queries, writing
from app.messages.models import Message
from app.messages.types import Channel
from app.people.contact import find_recipient
from app.people.models import Person
from app.people.queries.contacts import find_contacts
from app.people.safety import wishes
from app.people.safety.types import ContactMethod, ContactPreferences
from app.people.types import ContactKind
from app.rescheduling import letters as run_letters
from app.rescheduling import service as rescheduling
from tests.addresses import at, public_id
from tests.factories import accounts, courses, people
from tests.factories import messages as make
from tests.integration.changes.test_address_ends import (
    NEW,
    coordinator_browser,
    me,
    number,
    other_device,
    page,
    user,
    verify_new_address,
)
from tests.integration.people import letters
from tests.telling import TOLD_BY_PHONE

__all__ = ["coordinator_browser", "me", "number", "other_device", "page", "user"]
pytestmark = pytest.mark.usefixtures("no_attempts")
BOOKED = "booking-confirmed"
IS_ABOUT_PLACE = Message.letter.in_([BOOKED, "run-changed"])


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch, user: User) -> Iterator[make.Mailbox]:
    """Return the mail server, which refuses the person's old address."""
    with make.mailbox() as box:
        monkeypatch.setitem(app.config, "MAIL_URL", f"smtp://127.0.0.1:{box.port}")
        box.refuse[user.email] = "550 5.1.1 no such user"
        yield box


@pytest.fixture
def place(me: Person) -> Attendee:
    """Book a place, and post the letter that confirms it."""
    run = courses.run(clock.today() + timedelta(days=30))
    attendee = courses.attendee(run, me)
    notifications.notify_of_booking(get_current_run(run.id), attendee)
    return attendee


def send() -> None:
    """Commit, and send messages as the worker does."""
    db.session.commit()
    outbox.send_waiting()
    db.session.expire_all()


def booking_letter(session: Session) -> Message:
    return session.scalars(select(Message).where(Message.letter == BOOKED)).one()


def sent_to(mailbox: make.Mailbox, address: str) -> int:
    """Return how many emails that confirm a booking went to an address."""
    return sum(
        to == address and "training.ics" in mail.as_string() for to, mail in mailbox.accepted
    )


@pytest.mark.parametrize("how", ["own page", "staff"])
def test_an_email_that_came_back_is_sent_to_the_new_address(
    session: Session,
    page: FlaskClient,
    coordinator_browser: FlaskClient,
    me: Person,
    number: str,
    mailbox: make.Mailbox,
    place: Attendee,
    how: str,
) -> None:
    """Previously, it stayed on the call list, although the person had a new email address."""
    send()
    assert booking_letter(session).failed_at is not None
    if how == "staff":
        data = {**TOLD_BY_PHONE, "email": NEW, "phone": "07700 900123", "called": number}
        coordinator_browser.post(at(f"/people/{me.id}/contact"), data=data)
    else:
        verify_new_address(page, session, NEW)
    for _again in range(2):
        send()
    assert sent_to(mailbox, NEW) == 1
    message = booking_letter(session)
    assert (message.address, message.failed_at) == (NEW, None)
    assert message.sent_at is not None


def test_an_email_that_nobody_needs_any_more_is_not_sent_again(
    session: Session, page: FlaskClient, mailbox: make.Mailbox, place: Attendee
) -> None:
    send()
    place.cancelled_at = clock.now()
    verify_new_address(page, session, NEW)
    send()
    assert sent_to(mailbox, NEW) == 0


def test_an_email_with_old_times_is_not_sent_again(
    session: Session, page: FlaskClient, mailbox: make.Mailbox, place: Attendee
) -> None:
    """Previously, they got a confirmation of their booking with the old date of the course."""
    send()
    facts = get_current_run(place.run_id)
    trainer = courses.actor_of(session.get_one(User, facts.trainer_user_id), Role.TRAINER)
    for days in (40, 50):
        later = courses.new_run(clock.today() + timedelta(days=days))
        rescheduling.change_run(trainer, place.run_id, later)
        send()
    verify_new_address(page, session, NEW)
    send()
    (message,) = session.scalars(select(Message).where(Message.address == NEW, IS_ABOUT_PLACE))
    assert (message.letter, message.key.split(":")[2]) == ("run-changed", "2")
    assert sent_to(mailbox, NEW) == 1


def test_an_email_with_old_times_that_may_have_been_sent_leaves_the_call_list(
    session: Session, coordinator_browser: FlaskClient, me: Person, place: Attendee
) -> None:
    message = booking_letter(session)
    message.failed_at = message.unsettled_at = clock.now()
    session.flush()
    assert "Charlie Champion" in coordinator_browser.get("/reminders").text
    session.get_one(CourseRun, place.run_id).revision += 1
    run_letters.notify_of_change(get_current_run(place.run_id))
    session.flush()
    assert "Charlie Champion" not in coordinator_browser.get("/reminders").text


def test_an_email_that_may_have_been_sent_is_not_sent_again(
    session: Session, page: FlaskClient, mailbox: make.Mailbox, place: Attendee
) -> None:
    message = booking_letter(session)
    message.failed_at = message.unsettled_at = clock.now()
    verify_new_address(page, session, NEW)
    send()
    assert sent_to(mailbox, NEW) == 0


def test_an_email_that_staff_passed_on_is_not_sent_again(
    session: Session,
    page: FlaskClient,
    coordinator_browser: FlaskClient,
    mailbox: make.Mailbox,
    place: Attendee,
) -> None:
    send()
    message = booking_letter(session)
    message.sent_at, message.failed_at, message.outcome = clock.now(), None, "Told her"
    verify_new_address(page, session, NEW)
    send()
    assert sent_to(mailbox, NEW) == 0


def test_a_link_for_one_mailbox_is_not_sent_to_another(
    session: Session, page: FlaskClient, user: User, mailbox: make.Mailbox
) -> None:
    page.application.test_client().post("/sign-in", data={"email": user.email})
    send()
    old = session.scalars(select(Message).where(Message.letter == "sign-in")).one()
    assert old.failed_at is not None
    verify_new_address(page, session, NEW)
    send()
    session.refresh(old)
    assert old.address != NEW
    assert old.sent_at is None


def test_a_person_who_has_since_asked_for_protection_gets_the_neutral_text(
    session: Session, page: FlaskClient, me: Person, mailbox: make.Mailbox, place: Attendee
) -> None:
    send()
    assert booking_letter(session).neutral is False
    me.protected_at = clock.now()
    old = contact_ends.end_contacts(find_contacts(me.id, clock.today()), clock.today())
    row = people.contact(me, ContactKind.EMAIL, NEW)
    row.confirmed_at = row.vouched_at = row.safe_at = clock.now()
    session.flush()
    contact_ends.redirect_messages(me, old, clock.today())
    session.expire_all()
    message = booking_letter(session)
    assert (message.address, message.neutral) == (NEW, True)


def test_an_email_that_was_delayed_once_goes_to_the_new_address(
    session: Session, page: FlaskClient, user: User, mailbox: make.Mailbox, place: Attendee
) -> None:
    """Previously, it counted as perhaps sent, although the outcome of the attempt was known."""
    mailbox.refuse[user.email] = "451 4.7.1 try again later"
    attendance_letters.notify_of_result(get_current_run(place.run_id), place, 1, awarded=True)
    letter = select(Message).where(Message.letter == "training-recorded")
    send()
    message = session.scalars(letter).one()
    assert (message.attempts, message.failed_at) == (1, None)
    writing.record_attempt(message.id, 1)  # as if the server had refused the text of the email
    verify_new_address(page, session, NEW)
    session.expire_all()
    message = session.scalars(letter).one()
    assert (message.address, message.attempts) == (NEW, 0)
    assert queries.attempt_in_doubt(message.id) is None


def remove_email(me: Person, *, leave_phone: bool = True) -> None:
    """Remove the person's email address, so that only a phone number is left, or nothing."""
    if leave_phone:
        people.contact(me, ContactKind.PHONE, "+447700900124")
    emails = [
        each for each in find_contacts(me.id, clock.today()) if each.point.kind is ContactKind.EMAIL
    ]
    ended = contact_ends.end_contacts(emails, clock.today())
    contact_ends.redirect_messages(me, ended, clock.today())


def merge(client: FlaskClient, kept: Person, copy: Person) -> None:
    reply = client.post(at(f"/applications/{copy.id}/join/{kept.id}"))
    assert reply.status_code == 302


def undo(client: FlaskClient, kept_id: int) -> None:
    merge_row = db.session.scalars(select(RecordMerge)).one()
    number = public_id("record_merges", merge_row.id)
    reply = client.post(f"{at(f'/applications/{kept_id}')}/merges/{number}")
    assert reply.status_code == 302


@pytest.mark.parametrize("undone", ["no", "sent", "waiting"])
def test_an_address_from_a_merged_record_gets_the_email(
    session: Session,
    coordinator_browser: FlaskClient,
    me: Person,
    mailbox: make.Mailbox,
    place: Attendee,
    undone: str,
) -> None:
    """Previously, it stayed on the call list. Undoing the merge takes back a waiting email."""
    send()
    remove_email(me)
    copy = people.applicant("Charly Champion", email=NEW)
    my_id, copy_id = me.id, copy.id
    merge(coordinator_browser, me, copy)
    message = booking_letter(session)
    assert (message.address, message.failed_at, message.person_id) == (NEW, None, my_id)
    if undone == "waiting":
        undo(coordinator_browser, my_id)
        session.expire_all()
        assert (booking_letter(session).channel, booking_letter(session).address) == (
            Channel.PHONE,
            "+447700900124",
        )
    for _again in range(2):
        send()
    assert sent_to(mailbox, NEW) == (0 if undone == "waiting" else 1)
    if undone == "sent":
        undo(coordinator_browser, my_id)
        session.expire_all()
        assert session.get(Person, copy_id) is not None
        assert booking_letter(session).sent_at is not None


@pytest.mark.parametrize("in_doubt", [False, True])
def test_an_undone_merge_leaves_the_email_to_staff_if_there_is_no_other_address(
    session: Session,
    coordinator_browser: FlaskClient,
    me: Person,
    mailbox: make.Mailbox,
    place: Attendee,
    in_doubt: bool,
) -> None:
    """It was on the call list before the merge. Previously, it was then voided."""
    send()
    remove_email(me, leave_phone=False)
    assert find_recipient(me.id) is None
    name, my_id = me.full_name, me.id
    assert name in coordinator_browser.get("/reminders").text
    merge(coordinator_browser, me, people.applicant("Charly Champion", email=NEW))
    assert booking_letter(session).address == NEW
    assert name not in coordinator_browser.get("/reminders").text
    if in_doubt:
        db.session.commit()
        writing.record_attempt(booking_letter(session).id, 1)
    undo(coordinator_browser, my_id)
    session.expire_all()
    assert booking_letter(session).is_in_doubt is in_doubt
    assert name in coordinator_browser.get("/reminders").text
    page = coordinator_browser.get(at(f"/reminders/contacts/{booking_letter(session).id}")).text
    reason = "Reason: We no longer have an address or number to send it to"
    assert (reason in page) is not in_doubt
    assert ("We do not know whether our email was sent" in page) is in_doubt
    send()
    assert sent_to(mailbox, NEW) == 0


@pytest.mark.parametrize("how", ["registration", "sign-in"])
def test_a_confirmed_address_gets_the_email(
    session: Session,
    page: FlaskClient,
    me: Person,
    mailbox: make.Mailbox,
    place: Attendee,
    how: str,
) -> None:
    """Previously, the newer of two unconfirmed addresses was tried first."""
    send()
    old = booking_letter(session).address
    contacts = find_contacts(me.id, clock.today())
    me.user_id = contacts[0].confirmed_at = None
    row = people.contact(me, ContactKind.EMAIL, NEW, confirmed=False)
    contacts[0].id = row.id + 1
    session.flush()
    assert find_recipient(me.id).address == old
    browser = page.application.test_client()
    if how == "sign-in":
        subject = identity.link_subject(me.id, row.id)
        token = links.token(SIGN_IN_LINK, links.create(SIGN_IN_LINK, subject, timedelta(days=1)))
        reply = browser.post(f"/sign-in/link/{token}")
    else:
        subject = identity.confirm_subject(me.id, row.id)
        made = links.create(identity.CONFIRM, subject, timedelta(days=1))
        reply = browser.post(f"/confirm/{links.token(identity.CONFIRM, made)}")
    assert reply.status_code == 302
    for _again in range(2):
        send()
    assert sent_to(mailbox, NEW) == 1


def test_a_first_address_gets_the_email_once_it_is_confirmed(
    session: Session, page: FlaskClient, me: Person, mailbox: make.Mailbox, place: Attendee
) -> None:
    """Somebody who has removed their address adds another one on their own page."""
    send()
    remove_email(me)
    page.post("/me/contact", data={"email": NEW, "phone": "07700 900124"})
    send()
    assert sent_to(mailbox, NEW) == 0
    letter = letters.sent_to(session, NEW)[-1]
    page.application.test_client().post(f"/confirm/contact/{letters.token(letter)}")
    send()
    assert sent_to(mailbox, NEW) == 1


def test_an_address_with_which_somebody_else_signs_in_gets_the_email(
    session: Session, page: FlaskClient, me: Person, mailbox: make.Mailbox, place: Attendee
) -> None:
    """Two people share the new mailbox. The old address stays, because only one can sign in."""
    people.person("Sam Sharer", email=NEW, user=accounts.user(Role.CHAMPION, email=NEW))
    send()
    verify_new_address(page, session, NEW)
    for _again in range(2):
        send()
    assert sent_to(mailbox, NEW) == 1
    old = booking_letter(session)
    assert old.sent_at is not None


def test_an_address_that_nobody_vouched_for_does_not_get_the_email(
    session: Session, page: FlaskClient, mailbox: make.Mailbox, place: Attendee
) -> None:
    """Somebody with the person's phone could otherwise read what had come back."""
    send()
    page.post("/me/contact", data={"email": NEW})
    letter = letters.sent_to(session, NEW)[-1]
    page.application.test_client().post(f"/confirm/contact/{letters.token(letter)}")
    send()
    assert sent_to(mailbox, NEW) == 0


def test_staff_give_a_person_with_contact_wishes_a_new_address(
    session: Session,
    coordinator_browser: FlaskClient,
    me: Person,
    number: str,
    mailbox: make.Mailbox,
    place: Attendee,
) -> None:
    """Previously, the address was not yet vouched for when the messages were redirected."""
    send()
    ways = frozenset({ContactMethod.EMAIL, ContactMethod.CALL})
    wishes.record_wishes(SYSTEM, me, ContactPreferences(ways=ways))
    for each in find_contacts(me.id, clock.today()):
        each.safe_at = clock.now() - timedelta(days=30)
    attendance_letters.notify_of_result(get_current_run(place.run_id), place, 1, awarded=True)
    session.flush()
    data = {**TOLD_BY_PHONE, "email": NEW, "phone": "07700 900123", "called": number}
    coordinator_browser.post(at(f"/people/{me.id}/contact"), data=data)
    for _again in range(2):
        send()
    assert sent_to(mailbox, NEW) == 1
    waiting = session.scalars(select(Message).where(Message.letter == "training-recorded")).one()
    assert (waiting.channel, waiting.address) == (Channel.EMAIL, NEW)
