"""Removing people who were told of a change because they are linked to a record."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.courses.models import Attendee, AttendeeLink, CourseRun
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories import messages as make
from tests.integration.rescheduling.moving import FIRST, Move, SignIn, without_tokens
from tests.integration.rescheduling.test_cancelling_linked import cancel
from tests.integration.rescheduling.test_moving_linked import lapsing, letters, typed

HOME, TYPED = "wanda@home.example", "friend@typed.example"


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    return courses.run(FIRST, "mhfa-refresher", of=trainer)


def move(sign_in: SignIn, user: User, run: CourseRun, *, delivered: bool = True) -> None:
    change = Move(sign_in(user), run)
    change.press(change.check())
    if delivered:
        make.deliver()


def remove(sign_in: SignIn, user: User, run: CourseRun, who: Attendee) -> list[str]:
    """Remove an attendee through the page, and return the pages that the user sees."""
    client = sign_in(user)
    reply = client.post(at(f"/training/{run.id}/people/{who.id}/remove"))
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
    """Only the typed address was told, so they went to the course."""
    who, staff = typed(run, lapsing(session), email), accounts.coordinator()
    move(sign_in, staff, run, delivered=delivered)
    remove(sign_in, staff, run, who)
    own = [HOME] if delivered else []
    entered = [] if email is None or (delivered and email != TYPED) else [email]
    assert sorted(removals(session), key=str) == sorted([*own, *entered])


def test_somebody_who_has_another_place_keeps_it(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    """The letter would say that they have no place."""
    person, staff = lapsing(session), accounts.coordinator()
    who = typed(run, person)
    typed(run, person)
    move(sign_in, staff, run)
    remove(sign_in, staff, run, who)
    assert removals(session) == []


def test_a_letter_to_the_person_linked_before_does_not_count(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    who, staff = typed(run, lapsing(session), TYPED), accounts.coordinator()
    move(sign_in, staff, run)
    link = session.scalars(select(AttendeeLink)).one()
    link.undone_at = clock.now()
    session.flush()
    courses.link(who, people.person("Wanda Walker", email="other@home.example"))
    remove(sign_in, staff, run, who)
    assert removals(session) == [TYPED]


def test_a_cancellation_after_another_person_was_linked(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    """They heard of the cancellation of a course that nobody had told them about."""
    who, staff = typed(run, lapsing(session), TYPED), accounts.coordinator()
    move(sign_in, staff, run)
    session.scalars(select(AttendeeLink)).one().undone_at = clock.now()
    session.flush()
    courses.link(who, people.person("Wanda Walker", email="other@home.example"))
    cancel(sign_in(staff), run)
    told = [address for address, letter, _ in letters(session) if letter == "run-cancelled"]
    assert told == [TYPED]


@pytest.mark.parametrize("email", [None, TYPED, HOME])
def test_the_trainers_pages_are_the_same_for_somebody_unknown(
    session: Session, sign_in: SignIn, trainer: User, email: str | None
) -> None:
    def pages(person: Person | None) -> list[str]:
        run = courses.run(FIRST, "mhfa-refresher", of=trainer)
        who = courses.attendee(run, name="Wanda Walker", email=email)
        if person is not None:
            courses.link(who, person)
        move(sign_in, trainer, run)
        found = remove(sign_in, trainer, run, who)
        run.cancelled_at = clock.now()  # the trainer is free on that day again
        session.flush()
        return [page.replace(at(f"/training/{run.id}"), "/training/ID") for page in found]

    assert pages(lapsing(session)) == pages(None)
