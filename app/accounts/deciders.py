"""Who decides about a role that somebody asked for: who agrees, who refuses, on a day.

Whoever holds the power agrees or refuses. While nobody holds it, those who held it within the last
30 days may refuse, so that taking a role away from everybody opens no way to it; an administrator
decides only about a power that nobody has held for so long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, false, or_, true

from app.accounts import queries
from app.accounts.models import RoleRequest
from app.core import clock
from app.core.in_force import is_over
from app.core.permissions import (
    DECIDE_ROLES,
    DECIDED_BY,
    Role,
    permissions_of,
)

LATELY = timedelta(days=30)
Ids = frozenset[int]


@dataclass(frozen=True)
class Deciders:
    """User ids for each role that may be asked for.

    now: they hold the power. lately: they hold it, or held it within `LATELY`, deactivated accounts
    included. may_refuse: those of `lately` who can still open the page of the request.
    """

    now: dict[Role, Ids]
    lately: dict[Role, Ids]
    may_refuse: dict[Role, Ids]


def on_day(on: date) -> Deciders:
    """Everybody who decides about roles on a day; one statement."""
    held: dict[int, set[Role]] = defaultdict(set)
    held_lately: dict[int, set[Role]] = defaultdict(set)
    for row in queries.staff_grants_since(on - LATELY, on):
        gone = row.deactivated_at
        if gone is None and not is_over(row, on):
            held[row.user_id].add(row.role)
        if gone is None or clock.london_day(gone) >= on - LATELY:
            held_lately[row.user_id].add(row.role)
    reach = {
        each for each, roles in held.items() if DECIDE_ROLES in permissions_of(frozenset(roles))
    }
    lately = _by_role(held_lately)
    return Deciders(_by_role(held), lately, {role: ids & reach for role, ids in lately.items()})


def _by_role(held: dict[int, set[Role]]) -> dict[Role, Ids]:
    """Role → the users among these who hold all that deciding about it needs."""
    return {
        role: frozenset(user_id for user_id, roles in held.items() if needed <= roles)
        for role, needed in DECIDED_BY.items()
    }


def condition(user_id: int | None, roles: Collection[Role], on: date) -> ColumnElement[bool]:
    """A condition on RoleRequest: a user who holds these roles on a day may at least refuse it."""
    found = on_day(on)
    holds = [role for role, needed in DECIDED_BY.items() if needed <= set(roles)]
    held = [
        and_(RoleRequest.role == role, ~_another(found.now[role]))
        for role, ids in found.may_refuse.items()
        if user_id in ids
    ]
    if Role.ADMIN in roles:
        held += [
            and_(RoleRequest.role == role, ~_another(ids)) for role, ids in found.lately.items()
        ]
    is_neither = and_(
        RoleRequest.user_id != user_id, RoleRequest.asked_by_user_id.is_distinct_from(user_id)
    )
    return or_(RoleRequest.role.in_(holds), and_(is_neither, or_(false(), *held)))


def _another(ids: Ids) -> ColumnElement[bool]:
    """Whether one of these users is neither of the two people in the request (of the query)."""
    if len(ids) > 2:
        return true()
    return or_(
        false(),
        *(
            and_(RoleRequest.user_id != each, RoleRequest.asked_by_user_id.is_distinct_from(each))
            for each in sorted(ids)
        ),
    )


def may_agree(user_id: int | None, request: RoleRequest, on: date) -> bool:
    """Whether a user of `condition` may agree too, and not only refuse."""
    found, two = on_day(on), _two(request)
    if found.now[request.role] - two or not found.lately[request.role] - two:
        return True
    return user_id in found.now[request.role]


def who_refuse(role: Role, two: frozenset[int | None], on: date) -> Ids:
    """User ids of everybody who may refuse that somebody gets a role.

    two: the user who asks, and the user who would get it; neither of them may refuse. Empty where
    nobody who held the power within `LATELY` can sign in.
    """
    found = on_day(on)
    refuse = (found.now[role] - two) or (found.may_refuse[role] - two)
    if refuse or found.lately[role] - two:
        return refuse
    return found.now[Role.ADMIN] - two


def _two(request: RoleRequest) -> frozenset[int | None]:
    return frozenset({request.user_id, request.asked_by_user_id})


def of_request(request: RoleRequest, on: date) -> Ids:
    """Everybody who may refuse a request on a day."""
    return who_refuse(request.role, _two(request), on)
