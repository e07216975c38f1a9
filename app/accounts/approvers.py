"""The users who are allowed to approve or refuse a requested role on a given day.

Users who hold the role's power can approve or refuse it. If no user holds the power, users who held
it within the last 30 days can refuse, so that nobody can gain a power by taking it away from
everybody else. If no user has held it for 30 days, an administrator decides.
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
    permissions_for_roles,
)

RECENT = timedelta(days=30)
Ids = frozenset[int]


@dataclass(frozen=True)
class Approvers:
    """The IDs of the users who decide on each role.

    ``current`` contains the users who hold the power. ``recent`` contains the users who hold it or
    held it within `RECENT`, including deactivated users. ``may_refuse`` contains the users in
    ``recent`` who can still open the page of a request.
    """

    current: dict[Role, Ids]
    recent: dict[Role, Ids]
    may_refuse: dict[Role, Ids]


def approvers_on_day(on: date) -> Approvers:
    """Return the users who decide on roles on a given day. Runs one statement."""
    current_roles: dict[int, set[Role]] = defaultdict(set)
    recent_roles: dict[int, set[Role]] = defaultdict(set)
    for row in queries.staff_grants_since(on - RECENT, on):
        deactivated_at = row.deactivated_at
        if deactivated_at is None and not is_over(row, on):
            current_roles[row.user_id].add(row.role)
        if deactivated_at is None or clock.london_day(deactivated_at) >= on - RECENT:
            recent_roles[row.user_id].add(row.role)
    can_open_page = {
        each
        for each, roles in current_roles.items()
        if DECIDE_ROLES in permissions_for_roles(frozenset(roles))
    }
    recent = _approvers_by_role(recent_roles)
    may_refuse = {role: ids & can_open_page for role, ids in recent.items()}
    return Approvers(_approvers_by_role(current_roles), recent, may_refuse)


def _approvers_by_role(users_by_held_role: dict[int, set[Role]]) -> dict[Role, Ids]:
    """Return the users who hold all the permissions needed to decide on each role."""
    return {
        role: frozenset(user_id for user_id, roles in users_by_held_role.items() if needed <= roles)
        for role, needed in DECIDED_BY.items()
    }


def can_be_refused_by(
    user_id: int | None, roles: Collection[Role], on: date
) -> ColumnElement[bool]:
    """Return the SQL condition for requests that a user with these roles can refuse."""
    found = approvers_on_day(on)
    own_roles = [role for role, needed in DECIDED_BY.items() if needed <= set(roles)]
    conditions = [
        and_(RoleRequest.role == role, ~_has_uninvolved_user(found.current[role]))
        for role, ids in found.may_refuse.items()
        if user_id in ids
    ]
    if Role.ADMIN in roles:
        conditions += [
            and_(RoleRequest.role == role, ~_has_uninvolved_user(ids))
            for role, ids in found.recent.items()
        ]
    is_uninvolved = and_(
        RoleRequest.user_id != user_id, RoleRequest.asked_by_user_id.is_distinct_from(user_id)
    )
    return or_(RoleRequest.role.in_(own_roles), and_(is_uninvolved, or_(false(), *conditions)))


def _has_uninvolved_user(user_ids: Ids) -> ColumnElement[bool]:
    """Return the SQL condition for requests that do not involve at least one of these users.

    A request involves the user who made it and the user who would get the role.
    """
    if len(user_ids) > 2:
        return true()
    return or_(
        false(),
        *(
            and_(RoleRequest.user_id != each, RoleRequest.asked_by_user_id.is_distinct_from(each))
            for each in sorted(user_ids)
        ),
    )


def may_approve(user_id: int | None, request: RoleRequest, on: date) -> bool:
    """Return whether a user who can refuse a request can also approve it."""
    found, involved = approvers_on_day(on), _involved_user_ids(request)
    if found.current[request.role] - involved or not found.recent[request.role] - involved:
        return True
    return user_id in found.current[request.role]


def users_who_can_refuse_role(
    role: Role, involved_user_ids: frozenset[int | None], on: date
) -> Ids:
    """Return the IDs of the users who can refuse a role.

    ``involved_user_ids`` contains the IDs of the user who requested the role and the user who would
    get it. They cannot refuse. The result is empty if no other user who held the power within
    `RECENT` can sign in.
    """
    found = approvers_on_day(on)
    may_refuse = (found.current[role] - involved_user_ids) or (
        found.may_refuse[role] - involved_user_ids
    )
    if may_refuse or found.recent[role] - involved_user_ids:
        return may_refuse
    return found.current[Role.ADMIN] - involved_user_ids


def users_who_can_refuse(request: RoleRequest, on: date) -> Ids:
    """Return the IDs of the users who can refuse a request on a given day."""
    return users_who_can_refuse_role(request.role, _involved_user_ids(request), on)


def _involved_user_ids(request: RoleRequest) -> frozenset[int | None]:
    return frozenset({request.user_id, request.asked_by_user_id})
