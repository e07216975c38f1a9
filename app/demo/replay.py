"""The steps of the demonstration, and the data needed to run them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from app.accounts import queries as accounts
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.permissions import Role
from app.demo.definition import Definition
from app.demo.people import FictionalPerson, Population
from app.demo.places import DemoPlaces
from app.people.models import Person
from app.signin.sessions import SessionUser

SATURDAY = 5


@dataclass(frozen=True)
class Step:
    """A step and the time to run it. ``order`` sorts steps with the same time."""

    at: datetime
    order: int
    run: Callable[[], None]


@dataclass
class Replay:
    """The steps of the demonstration, with the anchor day, the people and their database IDs."""

    anchor: date
    definition: Definition
    all_places: DemoPlaces
    population: Population
    person_ids: dict[int, int] = field(default_factory=dict)  # person IDs by number
    steps: list[Step] = field(default_factory=list)
    _actors: dict[str, Actor] = field(default_factory=dict)

    def day(self, days: int) -> date:
        """Return the date ``days`` after the anchor, or before it if ``days`` is negative."""
        return self.anchor + timedelta(days=days)

    def next_working_day(self, days: int) -> date:
        """Return the date ``days`` after the anchor.

        If the date falls on a weekend, return the next Monday.
        """
        day = self.day(days)
        return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= SATURDAY else 0)

    def plan_on_day(self, days: int, at: time, run: Callable[[], None]) -> None:
        """Plan a step for that day, at a London time."""
        self.plan_at(clock.london_instant(self.day(days), at), run)

    def plan_at(self, at: datetime, run: Callable[[], None]) -> None:
        """Plan a step for that time."""
        self.steps.append(Step(at, len(self.steps), run))

    def sorted_steps(self) -> list[Step]:
        """Return all steps before the anchor, sorted by time."""
        end = clock.start_of_day(self.anchor)
        steps = [step for step in self.steps if step.at < end]
        return sorted(steps, key=lambda step: (step.at, step.order))

    def staff_actor(self, email: str) -> Actor:
        """Return the staff user with this email address as an actor on the current day.

        Users are cached.
        """
        if email not in self._actors:
            user = accounts.user_by_email(email)
            if user is None:
                raise Conflict(f"There is no user {email}.")
            roles = accounts.roles_held(user.id, clock.today())
            self._actors[email] = SessionUser(user.id, user.name, roles).actor
        return replace(self._actors[email], on=clock.today())

    def actor_with_roles(self, *roles: Role) -> Actor:
        """Return the first member of staff in demo.toml who has all these roles."""
        email = next(each.email for each in self.definition.staff if {*roles} <= {*each.roles})
        return self.staff_actor(email)

    def clear_actors(self) -> None:
        """Clear the cached users. Call this after a change to an agreement."""
        self._actors.clear()

    def actor_for_person(self, person_id: int) -> Actor:
        """Return a fictional person as an actor."""
        person = db.session.get_one(Person, person_id)
        return Actor(
            kind="user",
            name=person.full_name,
            user_id=person.user_id,
            person_id=person.id,
            roles=frozenset({Role.CHAMPION}),
        )

    def person_id(self, person: FictionalPerson | int) -> int:
        """Return the database ID of a fictional person."""
        return self.person_ids[person if isinstance(person, int) else person.number]
