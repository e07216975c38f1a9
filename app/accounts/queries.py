"""Reads of users and roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select

from app.accounts.models import RoleGrant, RoleRequest, User
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.core.permissions import STAFF_ROLES, Role
from app.messages.types import NO_ADDRESS


def user(user_id: int) -> User | None:
    """The user, signed-off ones included."""
    return db.session.get(User, user_id)


def user_by_email(email: str, *, hold: bool = False) -> User | None:
    """Whoever signs in with this address; case does not matter.

    hold: they sign in with it until this transaction ends.
    """
    query = select(User).where(User.email == email.strip(), ~User.email.endswith(NO_ADDRESS))
    return db.session.scalar(query.with_for_update(read=True) if hold else query)


def hold(user_id: int) -> int | None:
    """The user's id, if there is one: nobody removes or renumbers them until we commit."""
    return db.session.scalar(
        select(User.id).where(User.id == user_id).with_for_update(key_share=True)
    )


def roles_on(user_id: int, on: date) -> frozenset[Role]:
    """The roles a user holds on a day."""
    return frozenset(
        db.session.scalars(
            select(RoleGrant.role).where(
                RoleGrant.user_id == user_id,
                in_force(RoleGrant, on),
            )
        )
    )


def ever_staff() -> ColumnElement[bool]:
    """Whether a user (of the query around this) works on the service, did, or is asked to."""
    held = exists().where(RoleGrant.user_id == User.id, RoleGrant.role.in_(STAFF_ROLES))
    asked = exists().where(RoleRequest.user_id == User.id)
    return or_(held, asked)


def staff_user(user_id: int) -> User | None:
    """The user as they are now, if they work on the service or did: one statement, so that a
    champion's own account takes the same path as an absent one.
    """
    return db.session.scalar(
        select(User)
        .where(User.id == user_id, ever_staff())
        .execution_options(populate_existing=True)
    )


def is_ever_staff(user_id: int) -> bool:
    """Whether somebody works on the service, or did."""
    return db.session.scalar(select(User.id).where(User.id == user_id, ever_staff())) is not None


def is_held(user_id: int, role: Role, from_on: date, until_on: date | None) -> bool:
    """Whether one grant of the role covers these days (until_on None: without end)."""
    longer = not_over(RoleGrant, until_on) if until_on else RoleGrant.until_on.is_(None)
    covers = select(RoleGrant.id).where(
        RoleGrant.user_id == user_id, RoleGrant.role == role, RoleGrant.from_on <= from_on, longer
    )
    return db.session.scalar(covers.limit(1)) is not None


def request_where(request_id: int, readable: ColumnElement[bool]) -> RoleRequest | None:
    """A request for a role as it is now, if it is readable: one statement, so that another's
    request takes the same path as none.
    """
    return db.session.scalar(
        select(RoleRequest)
        .where(RoleRequest.id == request_id, readable)
        .execution_options(populate_existing=True)
    )


def open_requests(
    user_id: int | None = None, readable: ColumnElement[bool] | None = None
) -> list[RoleRequest]:
    """Requests for roles that nobody has decided about, oldest first; of one user, or of all."""
    query = select(RoleRequest).where(RoleRequest.decided_at.is_(None))
    if user_id is not None:
        query = query.where(RoleRequest.user_id == user_id)
    if readable is not None:
        query = query.where(readable)
    return list(db.session.scalars(query.order_by(RoleRequest.asked_at, RoleRequest.id)))


def holders(role: Role, user_ids: Iterable[int], on: date) -> frozenset[int]:
    """Those among these users who hold `role` on a day."""
    return frozenset(
        db.session.scalars(
            select(RoleGrant.user_id).where(
                RoleGrant.user_id.in_(set(user_ids)),
                RoleGrant.role == role,
                in_force(RoleGrant, on),
            )
        )
    )


def users_with_role(role: Role, on: date) -> list[User]:
    """Active users who hold `role` on a day, by name."""
    return users_with_any(frozenset({role}), on)


def users_by_first_grant(role: Role, on: date) -> list[User]:
    """Active users who hold `role` on a day, whoever has held it longest first."""
    rows = db.session.scalars(
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            User.deactivated_at.is_(None),
            RoleGrant.role == role,
            in_force(RoleGrant, on),
        )
        .order_by(RoleGrant.from_on, RoleGrant.id)
    )
    return list(dict.fromkeys(rows))


def users_with_any(roles: Collection[Role], on: date) -> list[User]:
    """Active users who hold one of these roles on a day, by name."""
    holds = User.grants.any(
        and_(
            RoleGrant.role.in_(roles),
            in_force(RoleGrant, on),
        )
    )
    query = select(User).where(holds, User.deactivated_at.is_(None))
    return list(db.session.scalars(query.order_by(User.name, User.id)))


def users_among(ids: Collection[int]) -> list[User]:
    """These users, by name."""
    query = select(User).where(User.id.in_(ids))
    return list(db.session.scalars(query.order_by(User.name, User.id)))
