"""Queries for the entries in the audit log that a reader is allowed to see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
    case,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.accounts import audit_wording
from app.accounts.models import RoleGrant, User
from app.accounts.types import CHAMPION, GRANTS, PUBLIC, SYSTEM, USERS, AuditFilter
from app.core import clock, registry
from app.core.actor import Scope
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.in_force import is_current_or_future
from app.core.permissions import MAY_SEE_SENSITIVE, STAFF_ROLES, Role

ONE_DAY = timedelta(days=1)


def newest_entries(
    scope: Scope,
    filters: AuditFilter,
    after: tuple[Any, ...] | None,
    *,
    sensitive: bool,
    limit: int,
) -> Sequence[Any]:
    """Return the times and IDs of the newest entries that match the filter and the scope.

    If ``sensitive`` is True, the tables of sensitive networks are included. ``after`` is the time
    and ID of the last entry on the previous page.

    The query selects each part of a group separately, so that it can use the index. A group with
    few entries would otherwise need a scan of the whole table.
    """
    conditions = _filter_conditions(filters)
    if not sensitive:
        conditions.append(AuditEntry.subject_type.not_in(audit_wording.SENSITIVE_TABLES))
    conditions += _visibility_conditions(scope)
    if after is not None:
        conditions.append(tuple_(AuditEntry.at, AuditEntry.id) < after)
    parts = (
        [_verb_group() == part for part in audit_wording.GROUPS[filters.group][1]]
        if filters.group
        else [true()]
    )
    subqueries = [
        select(AuditEntry.at, AuditEntry.id)
        .where(*conditions, part)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
        .subquery()
        for part in parts
    ]
    together = union_all(*(select(each.c.at, each.c.id) for each in subqueries)).subquery()
    return db.session.execute(
        select(together.c.at, together.c.id)
        .order_by(together.c.at.desc(), together.c.id.desc())
        .limit(limit)
    ).all()


def _visibility_conditions(scope: Scope) -> list[ColumnElement[bool]]:
    """Return the SQL conditions that exclude entries which the reader is not allowed to see.

    Entries about hidden subjects are excluded. For users whose work would reveal something hidden,
    only entries about their accounts are included.
    """
    accounts = _verb_group().in_(audit_wording.GROUPS["users"][1])
    conditions = [or_(accounts, not_(is_hidden(scope))) for is_hidden in registry.hidden_actors]
    if not scope.sensitive:
        conditions.append(not_(_is_about_partner_access()))
    return [*conditions, *(not_(is_hidden(scope)) for is_hidden in registry.hidden_entries)]


def _is_about_partner_access() -> ColumnElement[bool]:
    """Return the SQL condition for entries that grant a partner coordinator a sensitive network.

    They would reveal that the organisation serves such a network (see `users.visible_roles`).
    """
    other_grant = aliased(RoleGrant)
    return exists().where(
        AuditEntry.subject_type == GRANTS,
        RoleGrant.id == AuditEntry.subject_id,
        RoleGrant.role == Role.SENSITIVE,
        ~exists().where(
            other_grant.user_id == RoleGrant.user_id, other_grant.role.in_(MAY_SEE_SENSITIVE)
        ),
    )


def entries_by_id(ids: Sequence[int]) -> Sequence[Any]:
    """Return the entries with these IDs, newest first.

    Each row has an AuditEntry, the names that can be shown (``actor_name``, ``owner_id``,
    ``owner_name``) and the ``role`` that was changed.
    """
    acting_user, owner, grant = aliased(User), aliased(User), aliased(RoleGrant)
    query = (
        select(
            AuditEntry,
            acting_user.name.label("actor_name"),
            owner.id.label("owner_id"),
            owner.name.label("owner_name"),
            grant.role.label("role"),
        )
        .select_from(AuditEntry)
        .outerjoin(acting_user, and_(acting_user.id == AuditEntry.actor_user_id, _is_actor_shown()))
        .outerjoin(
            grant,
            and_(
                AuditEntry.subject_type == GRANTS,
                grant.id == AuditEntry.subject_id,
                grant.role.in_(STAFF_ROLES),
            ),
        )
        .outerjoin(
            owner,
            owner.id
            == case(
                (and_(AuditEntry.subject_type == USERS, _is_owner_shown()), AuditEntry.subject_id),
                else_=grant.user_id,
            ),
        )
        .where(AuditEntry.id.in_(ids))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    )
    return db.session.execute(query).all()


def _user_held_role(
    user_id: InstrumentedAttribute[Any], roles: frozenset[Role]
) -> ColumnElement[bool]:
    """Return the SQL condition that the user held one of these roles on the day of the entry.

    Roles that ended on the day before are included, because a role that is revoked has the previous
    day as its last day.
    """
    day = cast(func.timezone(clock.LONDON.key, AuditEntry.at), Date)
    return exists().where(
        RoleGrant.user_id == user_id,
        RoleGrant.role.in_(roles),
        RoleGrant.from_on <= day,
        is_current_or_future(RoleGrant, day - ONE_DAY),
    )


def _verb_group() -> ColumnElement[str]:
    return func.split_part(AuditEntry.verb, ".", 1)


def _is_actor_shown() -> ColumnElement[bool]:
    """Return the SQL condition for entries whose actor can be named."""
    acting_user = AuditEntry.actor_user_id
    at_work = or_(
        _verb_group().in_(audit_wording.STAFF_GROUPS),
        AuditEntry.verb.in_(audit_wording.STAFF_VERBS),
    )
    return and_(
        _user_held_role(acting_user, STAFF_ROLES),
        or_(at_work, ~_user_held_role(acting_user, frozenset({Role.CHAMPION}))),
    )


def _is_owner_shown() -> ColumnElement[bool]:
    """Return the SQL condition for entries whose account owner can be named."""
    return and_(
        AuditEntry.verb.not_in(audit_wording.OWNER_HIDDEN),
        _user_held_role(AuditEntry.subject_id, STAFF_ROLES),
    )


def _filter_conditions(filters: AuditFilter) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of a filter, except for its group."""
    conditions = _actor_conditions(filters.who)
    if filters.since:
        conditions.append(AuditEntry.at >= clock.start_of_day(filters.since))
    if filters.until:
        conditions.append(AuditEntry.at < clock.end_of_day(filters.until))
    if filters.subject:
        conditions.append(_is_about(*filters.subject))
    return conditions


def _is_about(table: str, number: int) -> ColumnElement[bool]:
    """Return the SQL condition for entries about a row or, for a user, about their staff roles."""
    is_subject = and_(AuditEntry.subject_type == table, AuditEntry.subject_id == number)
    if table != USERS:
        return and_(is_subject, AuditEntry.verb.not_in(audit_wording.PLACES_CHANGED))
    roles = select(RoleGrant.id).where(RoleGrant.user_id == number, RoleGrant.role.in_(STAFF_ROLES))
    return or_(
        and_(is_subject, _is_owner_shown()),
        and_(AuditEntry.subject_type == GRANTS, AuditEntry.subject_id.in_(roles)),
    )


def _actor_conditions(acting_user: int | str) -> list[ColumnElement[bool]]:
    if not acting_user:
        return []
    if acting_user == CHAMPION:
        return [AuditEntry.actor_kind == "user", ~_is_actor_shown()]
    if acting_user in (SYSTEM, PUBLIC):
        return [AuditEntry.actor_kind == acting_user]
    return [AuditEntry.actor_user_id == acting_user, _is_actor_shown()]


def recent_sign_ins(user_id: int, limit: int) -> list[tuple[datetime, str | None]]:
    """Return the times and methods of a user's recent sign-ins, newest first."""
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.changes["how"].astext)
        .where(
            AuditEntry.subject_type == USERS,
            AuditEntry.subject_id == user_id,
            AuditEntry.verb == AuditVerb.USER_SIGN_IN,
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return [(at, how) for at, how in rows]
