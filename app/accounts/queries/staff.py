"""Queries for present and former staff and partners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, tuple_

from app.accounts.models import RoleGrant, User
from app.accounts.queries.users import is_present_or_former_staff
from app.core import folding
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.core.permissions import STAFF_ROLES, Role


def find_staff(
    on: date,
    *,
    text: str,
    include_former: bool,
    partners_by_address: bool,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[User]:
    """Return staff users, sorted by name.

    ``text`` is part of the name or email address. Addresses of partner coordinators are only
    searched if ``partners_by_address`` is True. If ``include_former`` is True, users without a role
    on the given day and deactivated users are included. ``after`` is the folded name and ID of the
    last user on the previous page.
    """
    by_name = folding.name_order(User.name)
    query = select(User).where(is_present_or_former_staff())
    if not include_former:
        has_staff_role = exists().where(
            RoleGrant.user_id == User.id,
            RoleGrant.role.in_(STAFF_ROLES),
            in_force(RoleGrant, on),
        )
        query = query.where(has_staff_role, User.deactivated_at.is_(None))
    if text:
        address = User.email.icontains(text, autoescape=True)
        if not partners_by_address:
            address = and_(address, not_(_has_ever_held(Role.PARTNER)))
        query = query.where(or_(User.name.icontains(text, autoescape=True), address))
    if after is not None:
        query = query.where(tuple_(by_name, User.id) > after)
    return db.session.scalars(query.order_by(by_name, User.id).limit(limit)).all()


def _has_ever_held(role: Role) -> ColumnElement[bool]:
    return exists().where(RoleGrant.user_id == User.id, RoleGrant.role == role)


def all_staff(email: str | None = None) -> Sequence[User]:
    """Return all present and former staff and partners, sorted by name.

    If ``email`` is given, return only the user with this address.
    """
    by_name = folding.name_order(User.name)
    query = select(User).where(is_present_or_former_staff()).order_by(by_name, User.id)
    if email is not None:
        query = query.where(User.email == email.strip())
    return db.session.scalars(query).all()


def staff_roles(user_ids: Sequence[int], on: date) -> set[tuple[int, Role]]:
    """Return pairs of user ID and staff role for these users on a given day."""
    rows = db.session.execute(
        select(RoleGrant.user_id, RoleGrant.role)
        .where(
            RoleGrant.user_id.in_(user_ids),
            RoleGrant.role.in_(STAFF_ROLES),
            in_force(RoleGrant, on),
        )
        .distinct()
    )
    return {(user_id, role) for user_id, role in rows}


def staff_grants(user_id: int) -> Sequence[RoleGrant]:
    """Return all grants of staff roles to a user, including future grants, latest first."""
    return db.session.scalars(
        select(RoleGrant)
        .where(RoleGrant.user_id == user_id, RoleGrant.role.in_(STAFF_ROLES))
        .order_by(RoleGrant.from_on.desc(), RoleGrant.id.desc())
    ).all()


def staff_grants_since(since: date, on: date) -> Sequence[Any]:
    """Return the staff roles that users held on any day from ``since`` to ``on``.

    Each row has the user_id, role, until_on and deactivated_at.
    """
    return db.session.execute(
        select(RoleGrant.user_id, RoleGrant.role, RoleGrant.until_on, User.deactivated_at)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.role.in_(STAFF_ROLES),
            RoleGrant.from_on <= on,
            is_current_or_future(RoleGrant, since),
        )
    ).all()
