"""Cancelling a run with people who were told of a change because they are linked to a record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.changes import protection
from app.core import clock
from app.core.actor import SYSTEM
from app.courses.models import CourseRun
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, certificates, courses, people
from tests.factories import messages as make
from tests.integration.rescheduling.moving import (
    FIRST,
    TODAY,
    Move,
    SignIn,
    holder,
    people_shown,
    without_tokens,
)
from tests.integration.rescheduling.test_moving_linked import (
    LAST,
    champion_with_expiring_certificate,
    letters,
    link_named_attendee,
)

HOME, TYPED = "wanda@home.example", "friend@typed.example"
YOURSELF = "You need to tell these people yourself"
THEM_YOURSELF = "You need to tell them yourself"


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    return courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)


def move_and_cancel(sign_in: SignIn, user: User, run: CourseRun, *, delivered: bool = True) -> str:
    """Move the run, send the letters, cancel it, and return the run's page."""
    client = sign_in(user)
    move = Move(client, run)
    move.press(move.check())
    if delivered:
        make.deliver()
    cancel(client, run)
    client.get("/")  # shows the confirmation message
    return without_tokens(client.get(at(f"/training/{run.id}")).text)


def cancel(client: FlaskClient, run: CourseRun) -> str:
    """Cancel a run through its page. Return the page that asks for the reason."""
    address = at(f"/training/{run.id}/cancel")
    page = client.get(address).text
    reply = client.post(
        address, data={"seen": people_shown(page), "reason": "The venue has flooded"}
    )
    assert reply.status_code == 302
    return page


def cancellations(session: Session) -> list[str | None]:
    return [address for address, letter, _problem in letters(session) if letter == "run-cancelled"]


@pytest.mark.parametrize("email", [None, TYPED, HOME.upper()])
@pytest.mark.parametrize("delivered", [False, True])
def test_whoever_was_told_of_the_move_is_told_of_the_cancellation(
    session: Session, sign_in: SignIn, run: CourseRun, email: str | None, delivered: bool
) -> None:
    """Previously, only the typed address was told, so the person went to the course."""
    person = champion_with_expiring_certificate(session)
    person.protected_at = clock.now()
    link_named_attendee(run, person, email)
    move_and_cancel(sign_in, accounts.coordinator(), run, delivered=delivered)
    own = [HOME] if delivered else []
    entered = [] if email is None or (delivered and email != TYPED) else [email]
    assert sorted(cancellations(session), key=str) == sorted([*own, *entered])
    sent = select(Message).where(Message.address == HOME, Message.letter == "run-cancelled")
    for message in session.scalars(sent):
        assert (message.person_id, message.neutral) == (person.id, True)


def test_a_linked_person_who_was_told_of_no_change_is_not_told(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    link_named_attendee(run, holder("Wanda Wolker", LAST), TYPED)
    move_and_cancel(sign_in, accounts.coordinator(), run)
    assert cancellations(session) == [TYPED]


@pytest.mark.parametrize("email", [None, TYPED, HOME])
def test_the_trainers_page_is_the_same_for_somebody_unknown(
    session: Session, sign_in: SignIn, trainer: User, email: str | None
) -> None:
    def page(person: Person | None) -> str:
        run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
        attendee = courses.attendee(run, name="Wanda Walker", email=email)
        if person is not None:
            courses.link(attendee, person)
        found = move_and_cancel(sign_in, trainer, run)
        return found.replace(at(f"/training/{run.id}"), "/training/ID")

    assert page(champion_with_expiring_certificate(session)) == page(None)


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("protected_first", [False, True])
def test_letters_to_a_protected_persons_own_address_are_neutral(
    session: Session, sign_in: SignIn, run: CourseRun, linked: bool, protected_first: bool
) -> None:
    """Previously, letters to an address entered by somebody else were not worded neutrally."""
    person = people.person("Wanda Wolker", email=HOME)
    certificates.certificate(person, awarded_on=date(2024, 4, 10), expires_on=LAST)
    attendee = courses.attendee(run, name="Wanda Walker", email=HOME.upper())
    if linked:
        courses.link(attendee, person)
    if protected_first:
        protection.protect(SYSTEM, person)
    move_and_cancel(sign_in, accounts.coordinator(), run)
    if not protected_first:
        protection.protect(SYSTEM, person)
    session.expire_all()
    letters = session.scalars(select(Message).where(Message.letter == "run-cancelled")).all()
    assert [(each.address.lower(), each.neutral) for each in letters] == [(HOME, True)]


@pytest.mark.parametrize("delivered", [False, True])
def test_the_pages_say_who_is_told_at_their_record(
    session: Session, sign_in: SignIn, run: CourseRun, delivered: bool
) -> None:
    """The coordinator was to tell somebody whom we told."""
    link_named_attendee(run, champion_with_expiring_certificate(session))
    client = sign_in(accounts.coordinator())
    move = Move(client, run)
    page = move.check()
    assert "We will tell 1 person by email." in page
    reply = move.press(page)
    assert "We are telling 1 person by email." in client.get(reply.location).text
    assert THEM_YOURSELF not in client.get(at(f"/training/{run.id}")).text
    if delivered:
        make.deliver()
    page = cancel(client, run)
    after = client.get(at(f"/training/{run.id}")).text
    assert (YOURSELF in page) is not delivered
    assert ("We will tell 1 person by email." in page) is delivered
    assert ("We are telling 1 person by email." in after) is delivered
    assert ("Tell these people yourself: Wanda Walker" in after) is not delivered
    assert (THEM_YOURSELF in after) is not delivered
    assert (cancellations(session) == [HOME]) is delivered


def test_a_person_with_a_booked_place_is_told_once(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    person = champion_with_expiring_certificate(session)
    courses.attendee(run, person)
    link_named_attendee(run, person)
    client = sign_in(accounts.coordinator())
    page = cancel(client, run)
    assert "We will tell 1 person by email." in page
    assert YOURSELF not in page
    assert "Tell these people yourself" not in client.get(at(f"/training/{run.id}")).text
    assert cancellations(session) == [HOME]


def test_the_page_says_who_is_told_that_their_training_does_not_count(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """The run was signed off and reopened before it was cancelled."""
    run = courses.run(TODAY - timedelta(days=3), "community-champion", trainer_user=trainer)
    person = people.person("Wanda Wolker", email=HOME)
    courses.mark_attendance(link_named_attendee(run, person), trainer)
    client = sign_in(accounts.coordinator())
    client.post(at(f"/training/{run.id}/complete"))
    make.deliver()
    client.post(at(f"/training/{run.id}/reopen"), data={"reason": "It did not take place"})
    page = cancel(client, run)
    after = client.get(at(f"/training/{run.id}")).text
    assert "We will tell 1 person by email." in page
    assert YOURSELF not in page
    assert "We are telling 1 person by email." in after
    assert THEM_YOURSELF not in after
    cancel(client, run)  # pressed twice: the second time, everybody has been told
    again = client.get(at(f"/training/{run.id}")).text
    assert "The course has been cancelled." in again
    assert "Tell these people yourself" not in again
    assert (HOME, "training-corrected") in [each[:2] for each in letters(session)]
