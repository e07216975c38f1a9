"""The people that each role may read, from an Actor to its Scope."""

from __future__ import annotations

from typing import Any

from app.core.actor import PUBLIC, SYSTEM, Actor, Scope
from app.core.permissions import PERMISSIONS, Role


def _actor(*roles: Role, **facts: Any) -> Actor:
    return Actor(kind="user", user_id=7, roles=frozenset(roles), **facts)


def test_the_public_can_read_nobody() -> None:
    scope = Scope.for_actor(PUBLIC)
    assert not scope.everyone
    assert scope.person_id is None
    assert not scope.network_ids


def test_a_coordinator_reads_everybody_except_members_of_sensitive_networks_only() -> None:
    assert Scope.for_actor(_actor(Role.COORDINATOR)).everyone
    assert not Scope.for_actor(_actor(Role.COORDINATOR)).sensitive
    assert Scope.for_actor(_actor(Role.COORDINATOR, Role.SENSITIVE)).sensitive


def test_a_partner_reads_only_people_under_agreements_in_force() -> None:
    scope = Scope.for_actor(
        _actor(Role.PARTNER, network_ids=frozenset({3}), organisation_ids=frozenset({4}))
    )
    assert not scope.everyone
    assert scope.network_ids == {3}
    assert scope.organisation_ids == {4}


def test_trainers_analysts_and_administrators_read_nobody_by_role() -> None:
    for role in (Role.TRAINER, Role.ANALYST, Role.ADMIN):
        scope = Scope.for_actor(_actor(role))
        assert not scope.everyone
        assert not scope.network_ids


def test_a_champion_reads_their_own_record() -> None:
    assert Scope.for_actor(_actor(Role.CHAMPION, person_id=12)).person_id == 12


def test_the_system_may_do_anything_and_is_not_blocked() -> None:
    assert SYSTEM.may("people:read")
    assert Scope.for_actor(SYSTEM).unrestricted


def test_analysts_cannot_read_people_and_champions_cannot_open_staff_pages() -> None:
    assert not any("people" in p for p in PERMISSIONS[Role.ANALYST])
    assert all(
        p.split(":")[0] in {"account", "own", "courses", "requests"}
        for p in PERMISSIONS[Role.CHAMPION]
    )
