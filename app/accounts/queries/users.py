"""Reads of users and roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select, union, update

from app.accounts.models import Offer, RoleGrant, RoleRequest, User
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.core.permissions import STAFF_ROLES, Role
from app.messages.types import NO_ADDRESS


def user(user_id: int) -> User | None:
    """The user, signed-off ones included."""
    return db.session.get(User, user_id)


def user_by_email(email: str, *, lock: bool = False) -> User | None:
    """Whoever signs in with this address; case does not matter.

    lock: they sign in with it until this transaction ends.
    """
    query = select(User).where(User.email == email.strip(), ~User.email.endswith(NO_ADDRESS))
    return db.session.scalar(query.with_for_update(read=True) if lock else query)


def lock_user(user_id: int) -> int | None:
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


def locked(user_id: int) -> User | None:
    """The user as they are now, locked."""
    return db.session.scalar(
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def spend_step(user_id: int, step: int) -> bool:
    """Use a step of their second factor up; False when it, or a later one, was used before.
    Race-free.
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


def grant_on(user_id: int, role: Role, on: date) -> RoleGrant | None:
    """The grant by which a user has a role on a day: the one that lasts longest."""
    return db.session.scalar(
        select(RoleGrant)
        .where(RoleGrant.user_id == user_id, RoleGrant.role == role, in_force(RoleGrant, on))
        .order_by(RoleGrant.until_on.desc().nulls_first())
        .limit(1)
    )


def ever_held(role: Role, user_ids: Collection[int]) -> frozenset[int]:
    """Those of these users who hold a role, held it, or are to hold it."""
    return frozenset(
        db.session.scalars(
            select(RoleGrant.user_id).where(RoleGrant.user_id.in_(user_ids), RoleGrant.role == role)
        )
    )


def makers(user_ids: Collection[int]) -> set[int]:
    """Users who made or invited one of these."""
    invited = select(Offer.asked_by_user_id).where(
        Offer.user_id.in_(user_ids), Offer.asked_by_user_id.is_not(None)
    )
    made = select(AuditEntry.actor_user_id).where(
        AuditEntry.subject_type == "users",
        AuditEntry.subject_id.in_(user_ids),
        AuditEntry.verb == AuditVerb.USER_CREATE,
        AuditEntry.actor_user_id.is_not(None),
    )
    return {each for each in db.session.scalars(union(invited, made)) if each is not None}
