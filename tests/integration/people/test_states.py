"""SQL and Python derive the same state for every person on any day."""

from __future__ import annotations

import random
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.people import queries
from app.people.models import ActivityConfirmation, Person
from app.people.state import COUNTED_STATES
from app.people.types import CallOutcome, PersonState, Source
from tests.factories import people

TODAY = date(2027, 3, 27)


def _somebody(dice: random.Random) -> Person:
    def some_day() -> date:
        return TODAY - timedelta(days=dice.randint(-40, 800))

    confirmed, approved = dice.random() < 0.7, dice.random() < 0.6
    person = people.person(
        email=dice.choice(["", None]),
        phone="+447700900111",
        source=dice.choice(list(Source)),
        confirmed=confirmed,
        approved=approved,
        registered_at=clock.start_of_day(some_day()),
        active_on=some_day(),
    )
    if not approved and dice.random() < 0.3:
        person.declined_at = clock.start_of_day(some_day())
    if dice.random() < 0.2:
        person.left_on = some_day()
    if dice.random() < 0.4:
        first = some_day()
        last = first + timedelta(days=dice.randint(0, 90)) if dice.random() < 0.7 else None
        people.absence(person, first, last)
    if dice.random() < 0.2:
        people.suspension(person, some_day())
    for on in {some_day() for _ in range(dice.randint(0, 4))}:
        people.call(person, on, dice.choice(list(CallOutcome)))
    return person


def test_sql_and_python_agree(session: Session) -> None:
    dice = random.Random(7)
    everybody = [_somebody(dice) for _ in range(300)]
    session.flush()
    session.expire_all()
    states_seen = set()
    for on in (TODAY, TODAY - timedelta(days=200), TODAY - timedelta(days=500)):
        pairs = session.execute(select(Person.id, queries.state_on(on)))
        rows = {person_id: state for person_id, state in pairs}
        active = set(session.scalars(select(Person.id).where(queries.is_active_on(on))))
        unsure = set(session.scalars(select(Person.id).where(queries.is_not_confirmed_on(on))))
        for person in everybody:
            state = person.state(on)
            states_seen.add(state)
            assert rows[person.id] == state.value
            assert (person.id in active) == (state in COUNTED_STATES)
            assert (person.id in unsure) == (state is PersonState.NOT_CONFIRMED)
    assert states_seen == set(PersonState)


def test_activity_is_measured_at_the_given_day(session: Session) -> None:
    person = people.person(registered_at=clock.start_of_day(date(2026, 1, 10)))
    session.add(ActivityConfirmation(person_id=person.id, on=date(2027, 5, 1)))
    session.flush()

    def active(on: date) -> bool:
        found = session.scalars(
            select(Person.id).where(Person.id == person.id, queries.is_active_on(on))
        )
        return bool(found.all())

    assert not active(date(2026, 1, 9))
    assert active(date(2026, 1, 10))
    assert active(date(2027, 1, 10))
    assert person.state(date(2027, 1, 10)) is PersonState.ACTIVE
    assert active(date(2027, 1, 11))
    assert person.state(date(2027, 1, 11)) is PersonState.NOT_CONFIRMED
    people.call(person, date(2027, 1, 20), CallOutcome.NOT_REACHED)
    people.call(person, date(2027, 1, 20), CallOutcome.LEFT_MESSAGE)
    assert active(date(2027, 1, 21))
    people.call(person, date(2027, 1, 22), CallOutcome.NOT_REACHED)
    assert active(date(2027, 1, 21))
    assert not active(date(2027, 1, 22))
    assert active(date(2027, 5, 1))
