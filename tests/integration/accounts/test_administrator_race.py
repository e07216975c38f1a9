"""Two administrators who remove each other at the same time, in separate transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from flask import Flask

from app.accounts import administration, queries
from app.core import audit, clock
from app.core.actor import SYSTEM, Actor
from app.core.db import transaction
from app.core.errors import Conflict
from app.core.permissions import Role
from app.signin.sessions import actor_for_user
from tests.factories import accounts

Removal = Callable[[Actor, int], None]
ROUNDS = 5


def deactivate(actor: Actor, user_id: int) -> None:
    """Remove an administrator by deactivating the account."""
    administration.deactivate(actor, user_id, clock.today())


def change_roles(actor: Actor, user_id: int) -> None:
    """Remove an administrator by changing the roles."""
    administration.change_roles(actor, user_id, frozenset({Role.ANALYST}), clock.today())


def two_administrators(site: Flask) -> list[int]:
    """Return the ids of two new administrators, and deactivate all earlier ones."""
    with site.app_context(), transaction():
        audit.set_actor(SYSTEM)
        for before in queries.users_with_role(Role.ADMIN, clock.today()):
            before.deactivated_at = clock.now()
        return [accounts.user(Role.ADMIN).id for _ in range(2)]


@dataclass
class Race:
    """Two removals that start together, and the errors they raised."""

    site: Flask
    start: threading.Barrier = field(default_factory=lambda: threading.Barrier(2))
    refused: list[Exception] = field(default_factory=list)

    def remove(self, actor_id: int, user_id: int, removal: Removal) -> None:
        """Remove an administrator in this thread, after loading them as a request does."""
        with self.site.app_context():
            try:
                with transaction():
                    actor = actor_for_user(actor_id)
                    assert actor is not None and actor.may("users:change")
                    assert queries.user(user_id) is not None
                    self.start.wait(10)
                    removal(actor, user_id)
            except Exception as error:
                self.refused.append(error)


@pytest.mark.parametrize(
    "ways",
    [(deactivate, deactivate), (change_roles, change_roles), (deactivate, change_roles)],
    ids=["deactivate", "roles", "both ways"],
)
def test_one_of_two_administrators_who_remove_each_other_remains(
    site: Flask, ways: tuple[Removal, Removal]
) -> None:
    for _round in range(ROUNDS):
        one, other = two_administrators(site)
        race = Race(site)
        threads = [
            threading.Thread(target=race.remove, args=(one, other, ways[0])),
            threading.Thread(target=race.remove, args=(other, one, ways[1])),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [type(error) for error in race.refused] == [Conflict], race.refused
        with site.app_context():
            left = queries.users_with_role(Role.ADMIN, clock.today())
            assert [user.id for user in left] in ([one], [other])
