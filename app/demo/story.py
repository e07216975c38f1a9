"""What the demonstration knows while it lives through its history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from app.accounts import queries as accounts
from app.accounts.sessions import SignedIn
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.permissions import Role
from app.demo.cast import Cast, MadeUp
from app.demo.places import World
from app.demo.script import Script
from app.people.models import Person

SATURDAY = 5


@dataclass(frozen=True)
class Act:
    """Something that happened at a moment. order: its place among acts of the same moment."""

    at: datetime
    order: int
    do: Callable[[], None]


@dataclass
class Story:
    """The anchor, who there is, and the ids that the database gave them. Days from the anchor."""

    anchor: date
    script: Script
    world: World
    cast: Cast
    people: dict[int, int] = field(default_factory=dict)  # number → person id
    acts: list[Act] = field(default_factory=list)
    _actors: dict[str, Actor] = field(default_factory=dict)

    def day(self, days: int) -> date:
        """The date `days` from the anchor."""
        return self.anchor + timedelta(days=days)

    def weekday(self, days: int) -> date:
        """That date, or the Monday after it where it falls on a weekend."""
        day = self.day(days)
        return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= SATURDAY else 0)

    def then(self, days: int, at: time, do: Callable[[], None]) -> None:
        """It happened on that day, London's time."""
        self.on(clock.london(self.day(days), at), do)

    def on(self, at: datetime, do: Callable[[], None]) -> None:
        """It happened at that moment."""
        self.acts.append(Act(at, len(self.acts), do))

    def in_order(self) -> list[Act]:
        """Everything, as it happened. What would be after the anchor has not happened."""
        end = clock.start_of(self.anchor)
        acts = [act for act in self.acts if act.at < end]
        return sorted(acts, key=lambda act: (act.at, act.order))

    def staff(self, email: str) -> Actor:
        """The user of the script with this address, as they act today. Kept once made."""
        if email not in self._actors:
            user = accounts.user_by_email(email)
            if user is None:
                raise Conflict(f"There is no user {email}.")
            roles = accounts.roles_on(user.id, clock.today())
            self._actors[email] = SignedIn(user.id, user.name, roles).as_actor()
        return replace(self._actors[email], on=clock.today())

    def with_role(self, *roles: Role) -> Actor:
        """The first of the script's staff who has all these roles."""
        email = next(each.email for each in self.script.staff if {*roles} <= {*each.roles})
        return self.staff(email)

    def forget_actors(self) -> None:
        """What they may see changes: an agreement begins or ends."""
        self._actors.clear()

    def as_themself(self, person_id: int) -> Actor:
        """Somebody of the cast, acting for themself."""
        person = db.session.get_one(Person, person_id)
        return Actor(
            kind="user",
            name=person.full_name,
            user_id=person.user_id,
            person_id=person.id,
            roles=frozenset({Role.CHAMPION}),
        )

    def person_id(self, who: MadeUp | int) -> int:
        """The id of somebody of the cast."""
        return self.people[who if isinstance(who, int) else who.number]
