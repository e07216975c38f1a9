"""Removing people who were told of a change because they are linked to a record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.actor import SYSTEM
from app.courses.models import Attendee, AttendeeLink, CourseRun
from app.messages import outbox
from app.messages.models import Message
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import ContactPreferences
from app.people.types import ContactKind
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories import messages as make
from tests.integration.rescheduling.moving import FIRST, LATER, Move, SignIn, holder, without_tokens
from tests.integration.rescheduling.test_cancelling_linked import cancel
from tests.integration.rescheduling.test_moving_linked import (
    LAST,
    champion_with_expiring_certificate,
    letters,
    link_named_attendee,
)

HOME, TYPED = "wanda@home.example", "friend@typed.example"


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    return courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)


def move(
    sign_in: SignIn,
    user: User,
    run: CourseRun,
    *,
    delivered: bool = True,
    day: date = LATER,
) -> None:
    change = Move(sign_in(user), run)
    change.press(change.check(day=day.isoformat()))
    if delivered:
        make.deliver()


def remove(sign_in: SignIn, user: User, run: CourseRun, attendee: Attendee) -> list[str]:
    """Remove an attendee through the page, and return the pages that the user sees."""
    client = sign_in(user)
    reply = client.post(at(f"/training/{run.id}/people/{attendee.id}/remove"))
    assert reply.status_code in (302, 303), reply.text
    pages = [client.get(reply.location).text, client.get(at(f"/training/{run.id}")).text]
    return [without_tokens(page) for page in pages]


def removals(session: Session) -> list[str | None]:
    return [address for address, letter, _ in letters(session) if letter == "booking-cancelled"]


@pytest.mark.parametrize("email", [None, TYPED, HOME.upper()])
@pytest.mark.parametrize("delivered", [False, True])
def test_whoever_was_told_of_the_move_is_told_that_the_place_is_gone(
    session: Session, sign_in: SignIn, run: CourseRun, email: str | None, delivered: bool
) -> None:
    """Previously, only the typed address was told, so the person went to the course."""
    attendee, staff = (
        link_named_attendee(run, champion_with_expiring_certificate(session), email),
        accounts.coordinator(),
    )
    move(sign_in, staff, run, delivered=delivered)
    page, _later = remove(sign_in, staff, run, attendee)
    assert ("You need to tell them yourself" in page) is (email is None and not delivered)
    own = [HOME] if delivered else []
    entered = [] if email is None or (delivered and email != TYPED) else [email]
    assert sorted(removals(session), key=str) == sorted([*own, *entered])


def test_somebody_who_has_another_place_is_not_told_that_one_is_gone(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    """The letter would say that they have no place."""
    person, staff = champion_with_expiring_certificate(session), accounts.coordinator()
    attendee = link_named_attendee(run, person)
    link_named_attendee(run, person)
    move(sign_in, staff, run)
    remove(sign_in, staff, run, attendee)
    assert removals(session) == []


@pytest.mark.parametrize("linked", [False, True])
def test_the_confirmation_is_not_about_an_earlier_letter(
    session: Session, sign_in: SignIn, run: CourseRun, linked: bool
) -> None:
    """It said that the person was told of the removal on the day of an earlier letter."""
    person, staff = champion_with_expiring_certificate(session), accounts.coordinator()
    attendee = link_named_attendee(run, person) if linked else courses.attendee(run, person)
    if linked:
        link_named_attendee(run, person)
    move(sign_in, staff, run)
    wishes.record_wishes(SYSTEM, person, ContactPreferences(silent=True))
    page, _later = remove(sign_in, staff, run, attendee)
    confirmation = page.partition("The person has been removed from the course.")[2][:120]
    assert "No message was sent" in confirmation
    assert "Sent by email" not in confirmation


def test_the_list_shows_the_letter_about_the_booked_place_beside_the_typed_one(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    """Staff were to tell somebody themselves who was told about their own place."""
    person, staff = holder("Wanda Wolker", LAST), accounts.coordinator()
    courses.attendee(run, person)
    link_named_attendee(run, person)
    move(sign_in, staff, run)
    page = sign_in(staff).get(at(f"/training/{run.id}")).text
    assert page.count("Sent by email on") == 2
    assert "You need to tell them yourself" not in page


def link_to_another_person(session: Session, attendee: Attendee) -> None:
    """Undo the link of the attendee, and link them to another person."""
    session.scalars(select(AttendeeLink)).one().undone_at = clock.now()
    session.flush()
    courses.link(attendee, people.person("Wanda Walker", email="other@home.example"))


def test_a_letter_to_the_person_linked_before_does_not_count(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    attendee, staff = (
        link_named_attendee(run, champion_with_expiring_certificate(session), TYPED),
        accounts.coordinator(),
    )
    move(sign_in, staff, run)
    link_to_another_person(session, attendee)
    remove(sign_in, staff, run, attendee)
    assert removals(session) == [TYPED]


def test_a_person_linked_after_a_move_is_not_told_of_the_cancellation(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    """Previously, the other person heard of a cancelled course that they knew nothing about."""
    attendee, staff = (
        link_named_attendee(run, champion_with_expiring_certificate(session), TYPED),
        accounts.coordinator(),
    )
    move(sign_in, staff, run)
    link_to_another_person(session, attendee)
    cancel(sign_in(staff), run)
    addresses = [each[0] for each in letters(session) if each[1] == "run-cancelled"]
    assert addresses == [TYPED]


@pytest.mark.parametrize("email", [None, TYPED, HOME])
def test_the_trainers_pages_are_the_same_for_somebody_unknown(
    session: Session, sign_in: SignIn, trainer: User, email: str | None
) -> None:
    def pages(person: Person | None) -> list[str]:
        run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
        attendee = courses.attendee(run, name="Wanda Walker", email=email)
        if person is not None:
            courses.link(attendee, person)
        move(sign_in, trainer, run)
        found = remove(sign_in, trainer, run, attendee)
        run.cancelled_at = clock.now()  # the trainer is free on that day again
        session.flush()
        return [page.replace(at(f"/training/{run.id}"), "/training/ID") for page in found]

    assert pages(champion_with_expiring_certificate(session)) == pages(None)


def told_by_phone(session: Session) -> Person:
    """Create somebody who can only be called, and whose certificate expires before the move."""
    person = champion_with_expiring_certificate(session, email="")
    person.preferred = ContactKind.PHONE
    people.contact(person, ContactKind.PHONE, "+447700900123")
    return person


@pytest.mark.parametrize("again", ["booked", "linked"])
def test_the_call_about_a_lost_place_ends_when_the_person_has_one_again(
    session: Session, sign_in: SignIn, run: CourseRun, again: str
) -> None:
    """Staff were asked to tell somebody who had a place that they had none."""
    person, staff = told_by_phone(session), accounts.coordinator()
    attendee = link_named_attendee(run, person)
    move(sign_in, staff, run)
    remove(sign_in, staff, run, attendee)
    client = sign_in(staff)
    assert "Wanda Wolker" in client.get("/reminders").text
    other = people.person("Olive Other")
    courses.attendee(run, other)
    session.flush()
    assert "Wanda Wolker" in client.get("/reminders").text
    if again == "booked":
        courses.attendee(run, person)
    else:
        link_named_attendee(run, person)
    session.flush()
    assert "Wanda Wolker" not in client.get("/reminders").text


@pytest.mark.parametrize("how", ["removed", "unlinked"])
@pytest.mark.parametrize("by", ["email", "phone"])
def test_somebody_with_two_places_is_still_told_of_the_problem(
    session: Session,
    sign_in: SignIn,
    run: CourseRun,
    mailbox: make.Mailbox,
    how: str,
    by: str,
) -> None:
    """The only letter was withdrawn with the place that was a duplicate."""
    person = (
        champion_with_expiring_certificate(session) if by == "email" else told_by_phone(session)
    )
    staff = accounts.coordinator()
    attendee, kept = link_named_attendee(run, person), link_named_attendee(run, person)
    move(sign_in, staff, run, delivered=False)
    client = sign_in(staff)
    if how == "removed":
        remove(sign_in, staff, run, attendee)
    else:
        client.post(at(f"/training/{run.id}/people/{attendee.id}/unlink"))
    assert ("Wanda Wolker" in client.get("/reminders").text) is (by == "phone")
    session.commit()
    outbox.send_waiting(at_once=True)
    (letter,) = [each for each in letters(session) if each[1] == "run-changed"]
    assert "in date on 10 April 2027" in letter[2]
    if by == "email":
        assert messages_sent(session) == ["run-changed"]
    move(sign_in, staff, run, day=FIRST - timedelta(days=4))
    sent_before = 1 if by == "email" else 0
    changes = [each for each in letters(session) if each[1] == "run-changed"]
    assert len(changes) == 2 * sent_before
    remove(sign_in, staff, run, kept)
    assert len(removals(session)) == sent_before


def messages_sent(session: Session) -> list[str]:
    sent = select(Message.letter).where(Message.sent_at.is_not(None))
    return list(session.scalars(sent))
