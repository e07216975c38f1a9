"""People on a run whom a reader must not meet: nothing tells, and nobody loses by it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Certificate
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import Role
from app.courses import booking, queries, running, service, signing_off
from app.courses.hooks import _todos
from app.courses.models import Attendee, CourseRun
from app.courses.types import HeldPlaces, Mark
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, organisations, people

SignIn = Callable[[Any], FlaskClient]
FIRST = date(2027, 3, 27)
LAST = date(2027, 3, 28)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Today is the day of the last session."""
    with clock.frozen(LAST) as at:
        yield at


@pytest.fixture
def trainer(session: Session) -> User:
    """A trainer."""
    return courses.trainer(name="Tess Trainer")


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """A two-day run whose second day is today."""
    return courses.run(FIRST, of=trainer)


def coordinator(*, sensitive: bool = True) -> Actor:
    more = [Role.SENSITIVE] if sensitive else []
    return courses.actor_of(accounts.coordinator(sensitive=sensitive), Role.COORDINATOR, *more)


def kept(actor: Actor, run: CourseRun) -> list[HeldPlaces]:
    return queries.held_places(actor, run, LAST)


def test_a_hidden_persons_place_reads_as_one_the_team_keeps(
    session: Session, run: CourseRun, trainer: User
) -> None:
    sensitive = organisations.network(sensitive=True)
    courses.attendee(run, people.person("Sal Sensitive", networks=[sensitive]))
    courses.attendee(run, people.person("Sam Shown"))
    reader = coordinator(sensitive=False)
    booking.hold_places(coordinator(), run.id, None, 2)
    assert kept(reader, run) == [HeldPlaces(None, None, None, 3)]
    assert kept(courses.actor_of(trainer, Role.TRAINER), run) == [HeldPlaces(None, None, None, 2)]
    page = service.managed_run(reader, run.id, LAST)
    assert page.run.taken == len(page.roll) + sum(each.headcount for each in page.held) == 4


def test_page_and_sheet_of_who_is_blocked_add_up(
    session: Session, client: FlaskClient, sign_in: SignIn, run: CourseRun, trainer: User
) -> None:
    hidden = people.person("Hilda Hidden")
    for one in (hidden, people.person("Sam Shown")):
        courses.attendee(run, one)
    people.block(hidden, user=trainer)
    sign_in(trainer)
    page = re.sub(r"<[^>]+>|\s+", " ", client.get(at(f"/training/{run.id}")).text)
    assert "2 of 12 taken" in page
    assert re.search(r"1 without a name yet +(Organisation +)?Kept by the team", page)
    assert "Give back" not in page
    assert "Hilda" not in page


def test_what_the_team_keeps_is_given_back_by_who_kept_it(
    session: Session, client: FlaskClient, sign_in: SignIn, run: CourseRun, trainer: User
) -> None:
    sign_in(trainer)
    reply = client.post(
        at(f"/training/{run.id}/places"), data={"organisation": "team", "headcount": "2"}
    )
    assert reply.status_code == 302
    managing = courses.actor_of(trainer, Role.TRAINER)
    (held,) = kept(managing, run)
    assert (held.organisation, held.headcount) == (None, 2)
    assert held.booking_id is not None
    with pytest.raises(NotFound):
        booking.release_places(coordinator(), run.id, held.booking_id)
    booking.release_places(managing, run.id, held.booking_id)
    assert kept(managing, run) == []


def mark_there(actor: Actor, who: Attendee) -> None:
    noted = {(who.id, each.id): Mark.ATTENDED for each in who.run.sessions}
    signing_off.mark(actor, who.run_id, noted)


def certified(session: Session, who: Attendee) -> bool:
    made = select(Certificate.id).where(Certificate.person_id == who.person_id)
    return session.scalar(made) is not None


def test_nobody_hidden_loses_a_certificate_by_the_trainers_signing_off(
    session: Session, app: Flask, run: CourseRun, trainer: User
) -> None:
    hidden, shown = (courses.attendee(run, people.person()) for _ in range(2))
    people.block(session.get_one(Person, hidden.person_id), user=trainer)
    managing, whole = courses.actor_of(trainer, Role.TRAINER), coordinator()
    mark_there(managing, shown)
    with pytest.raises(Conflict, match="^Somebody else of the team has to mark and sign off"):
        signing_off.complete(managing, run.id)
    with app.test_request_context(), clock.frozen(LAST + timedelta(days=1)):
        texts = [each.text for each in _todos(whole, clock.today())]
        assert "Mark and sign off MHFA two-day (Adult) of 27 March 2027: its trainer can’t" in texts
        assert not [each for each in _todos(managing, clock.today()) if "can’t" in each.text]
    mark_there(whole, hidden)
    assert signing_off.complete(managing, run.id) == 1  # of those they meet
    assert certified(session, hidden)
    assert certified(session, shown)


def test_a_place_the_team_keeps_reads_the_same_at_signing_off(
    session: Session, run: CourseRun, trainer: User
) -> None:
    managing = courses.actor_of(trainer, Role.TRAINER)
    mark_there(managing, courses.attendee(run, people.person()))
    booking.hold_places(coordinator(), run.id, None, 1)
    with pytest.raises(Conflict, match="^Somebody else of the team has to mark and sign off"):
        signing_off.complete(managing, run.id)
    assert signing_off.complete(coordinator(), run.id) == 1


def test_a_run_is_not_given_to_a_trainer_whom_somebody_on_it_blocked(
    session: Session, run: CourseRun
) -> None:
    person, other, free = people.person(), courses.trainer(), courses.trainer()
    courses.attendee(run, person)
    people.block(person, user=other)
    new = courses.new_run(FIRST, trainer_user_id=other.id)
    with pytest.raises(InvalidInput, match="Choose another trainer") as raised:
        running.change(coordinator(), run.id, new)
    assert raised.value.field == "trainer"
    running.change(coordinator(), run.id, courses.new_run(FIRST, trainer_user_id=free.id))
    assert run.trainer_user_id == free.id
