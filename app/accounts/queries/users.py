"""Queries for users and roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import Offer, RoleGrant, RoleRequest, User
from app.core import folding
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.core.permissions import STAFF_ROLES, Role
from app.messages.types import NO_ADDRESS


def user(user_id: int) -> User | None:
    """Return the user, or None. Deactivated users are included."""
    return db.session.get(User, user_id)


def user_with_roles(user_id: int, on: date) -> tuple[User, frozenset[Role]] | None:
    """Return the user and their roles on a given day, or None. Deactivated users are included.

    Runs one statement, because every request of a signed-in user calls this.
    """
    roles = (
        select(func.array_agg(RoleGrant.role))
        .where(RoleGrant.user_id == User.id, in_force(RoleGrant, on))
        .scalar_subquery()
    )
    row = db.session.execute(select(User, roles).where(User.id == user_id)).first()
    return (row[0], frozenset(Role(each) for each in row[1] or ())) if row else None


def user_by_email(email: str, *, lock: bool = False) -> User | None:
    """Return the user who signs in with this email address, or None. Case is ignored.

    If ``lock`` is True, the address cannot change until this transaction ends.
    """
    query = select(User).where(User.email == email.strip(), ~User.email.endswith(NO_ADDRESS))
    return db.session.scalar(query.with_for_update(read=True) if lock else query)


def lock_user(user_id: int) -> int | None:
    """Return the ID of a user, or None. Nobody can delete the user until this transaction ends."""
    return db.session.scalar(
        select(User.id).where(User.id == user_id).with_for_update(key_share=True)
    )


def user_name(
    user_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
) -> ScalarSelect[str]:
    """Return a subquery for the name of the user with this ID, for queries in other rooms."""
    return select(User.name).where(User.id == user_id).scalar_subquery()


def user_email(
    user_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
) -> ScalarSelect[str]:
    """Return a subquery for the email address of the user with this ID, for other rooms."""
    return select(User.email).where(User.id == user_id).scalar_subquery()


def has_ever_held(user_id: InstrumentedAttribute[int | None], role: Role) -> ColumnElement[bool]:
    """Return the SQL condition that the user with this ID holds or has held the role."""
    return exists().where(RoleGrant.user_id == user_id, RoleGrant.role == role)


def roles_held(user_id: int, on: date) -> frozenset[Role]:
    """Return the roles that a user holds on a given day."""
    return frozenset(
        db.session.scalars(
            select(RoleGrant.role).where(
                RoleGrant.user_id == user_id,
                in_force(RoleGrant, on),
            )
        )
    )


def is_present_or_former_staff() -> ColumnElement[bool]:
    """Return the SQL condition for users with a past, present, future or requested staff role."""
    has_grant = exists().where(RoleGrant.user_id == User.id, RoleGrant.role.in_(STAFF_ROLES))
    has_request = exists().where(RoleRequest.user_id == User.id)
    return or_(has_grant, has_request)


def staff_user(user_id: int) -> User | None:
    """Return the user if they work or have worked on the service, otherwise None.

    Runs one statement, so that a champion's account takes as long as one that does not exist.
    """
    return db.session.scalar(
        select(User)
        .where(User.id == user_id, is_present_or_former_staff())
        .execution_options(populate_existing=True)
    )


def has_ever_been_staff(user_id: int) -> bool:
    """Return whether a user works or has worked on the service."""
    return (
        db.session.scalar(select(User.id).where(User.id == user_id, is_present_or_former_staff()))
        is not None
    )


def holds_role_throughout(user_id: int, role: Role, from_on: date, until_on: date | None) -> bool:
    """Return whether a single grant of the role covers the whole period.

    ``until_on`` is None for a period without a last day.
    """
    lasts = is_current_or_future(RoleGrant, until_on) if until_on else RoleGrant.until_on.is_(None)
    covers = select(RoleGrant.id).where(
        RoleGrant.user_id == user_id, RoleGrant.role == role, RoleGrant.from_on <= from_on, lasts
    )
    return db.session.scalar(covers.limit(1)) is not None


def holders_of_role(role: Role, user_ids: Iterable[int], on: date) -> frozenset[int]:
    """Return the IDs of the users in ``user_ids`` who hold ``role`` on a given day."""
    return frozenset(
        db.session.scalars(
            select(RoleGrant.user_id).where(
                RoleGrant.user_id.in_(set(user_ids)),
                RoleGrant.role == role,
                in_force(RoleGrant, on),
            )
        )
    )


def select_holders(role: Role, on: date) -> Select[int]:
    """Return a query for the IDs of the active users who hold ``role`` on a given day."""
    return (
        select(RoleGrant.user_id)
        .join(User, User.id == RoleGrant.user_id)
        .where(User.deactivated_at.is_(None), RoleGrant.role == role, in_force(RoleGrant, on))
    )


def users_with_role(role: Role, on: date) -> list[User]:
    """Return the active users who hold a role on a given day, sorted by name."""
    return users_with_any_role(frozenset({role}), on)


def users_by_first_grant(role: Role, on: date) -> list[User]:
    """Return the active users who hold a role on a given day, sorted by the start of the role."""
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


def users_with_any_role(roles: Collection[Role], on: date) -> list[User]:
    """Return the active users who hold any of these roles on a given day, sorted by name."""
    holds = User.grants.any(
        and_(
            RoleGrant.role.in_(roles),
            in_force(RoleGrant, on),
        )
    )
    query = select(User).where(holds, User.deactivated_at.is_(None))
    return list(db.session.scalars(query.order_by(folding.name_order(User.name), User.id)))


def users_by_id(ids: Collection[int]) -> list[User]:
    """Return the users with these IDs, sorted by name."""
    query = select(User).where(User.id.in_(ids))
    return list(db.session.scalars(query.order_by(folding.name_order(User.name), User.id)))


def lock_user_for_update(user_id: int) -> User | None:
    """Lock and return a user, or None if there is no such user."""
    return db.session.scalar(
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def use_time_step(user_id: int, step: int) -> bool:
    """Mark a time step of the second factor as used.

    Returns False if this time step or a later one has already been used. If several requests use
    the same time step at once, only one of them succeeds.
    """
    spent = db.session.execute(
        update(User)
        .where(
            User.id == user_id,
            or_(User.totp_last_step.is_(None), User.totp_last_step < step),
        )
        .values(totp_last_step=step)
        .returning(User.id)
    )
    return spent.scalar_one_or_none() is not None


def longest_grant(user_id: int, role: Role, on: date) -> RoleGrant | None:
    """Return the user's grant in force on a given day that has the latest last day, or None."""
    return db.session.scalar(
        select(RoleGrant)
        .where(RoleGrant.user_id == user_id, RoleGrant.role == role, in_force(RoleGrant, on))
        .order_by(RoleGrant.until_on.desc().nulls_first())
        .limit(1)
    )


def users_who_ever_held(role: Role, user_ids: Collection[int]) -> frozenset[int]:
    """Return the IDs of the users who have ever held, or will hold, ``role``."""
    return frozenset(
        db.session.scalars(
            select(RoleGrant.user_id).where(RoleGrant.user_id.in_(user_ids), RoleGrant.role == role)
        )
    )


def creator_ids(user_ids: Collection[int]) -> set[int]:
    """Return the IDs of the users who created or invited any of these users."""
    invited = select(Offer.asked_by_user_id).where(
        Offer.user_id.in_(user_ids), Offer.asked_by_user_id.is_not(None)
    )
    created = select(AuditEntry.actor_user_id).where(
        AuditEntry.subject_type == "users",
        AuditEntry.subject_id.in_(user_ids),
        AuditEntry.verb == AuditVerb.USER_CREATE,
        AuditEntry.actor_user_id.is_not(None),
    )
    return {each for each in db.session.scalars(union(invited, created)) if each is not None}
