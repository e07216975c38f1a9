"""Create users, grant and revoke roles, and end sessions."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _

from app.accounts import queries
from app.accounts.models import RoleGrant, User
from app.accounts.types import ENTRY_LINKS
from app.core import audit, clock, links
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db, explain_violations
from app.core.errors import Conflict
from app.core.in_force import is_in_force, is_over
from app.core.permissions import Role


def create_user(actor: Actor, email: str, name: str) -> User:
    """Create a user. The caller must have checked that no user has the email address.

    Raises Conflict if another transaction has used the address since that check.
    """
    now = clock.now()
    user = User(email=email.strip(), name=name, created_at=now, sessions_from=now)

    def address_taken_error() -> Conflict:
        return Conflict(_("We could not save your changes. Try again"), "email")

    with (
        audit.acting(actor, AuditVerb.USER_CREATE),
        explain_violations({"uq_users_email": address_taken_error}),
    ):
        db.session.add(user)
    return user


def rename_user(actor: Actor, user_id: int, name: str) -> None:
    """Change a user's name."""
    user = db.session.get_one(User, user_id)
    if user.name != name:
        with audit.acting(actor, AuditVerb.USER_RENAME):
            user.name = name


def grant_role(actor: Actor, user: User, role: Role, from_on: date) -> None:
    """Grant a role from ``from_on`` without a last day. Idempotent.

    If the user already has a grant that ends on ``from_on``, it is extended.
    """
    grant = queries.longest_grant(user.id, role, from_on)
    with audit.acting(actor, AuditVerb.USER_GRANT):
        if grant is None:
            db.session.add(RoleGrant(user_id=user.id, role=role, from_on=from_on))
        elif grant.until_on == from_on:
            grant.until_on = None


def grant_role_for_dates(
    actor: Actor, user: User, role: Role, from_on: date, until_on: date | None
) -> None:
    """Grant a role that starts later or has a last day.

    ``until_on`` is None if the role has no last day.
    """
    with audit.acting(actor, AuditVerb.USER_GRANT):
        db.session.add(RoleGrant(user_id=user.id, role=role, from_on=from_on, until_on=until_on))


def end_role(actor: Actor, user_id: int, role: Role, on: date) -> None:
    """Make ``on`` the last day of a role, and sign the user out immediately."""
    user = db.session.get(User, user_id)
    if user is None:
        return
    with audit.acting(actor, AuditVerb.USER_END_ROLE):
        for grant in user.grants:
            if grant.role is role and is_in_force(grant, on):
                grant.until_on = on
        user.sessions_from = clock.now()


def end_sessions(actor: Actor, user_id: int) -> None:
    """Sign a user out on all devices."""
    user = db.session.get(User, user_id)
    if user is not None:
        with audit.acting(actor, AuditVerb.USER_SIGN_OUT):
            user.sessions_from = clock.now()


def revoke_links(user_id: int) -> None:
    """Revoke all links that sign the user in or set up their account."""
    for purpose in ENTRY_LINKS:
        links.revoke(purpose, user_id)


def revoke_role(actor: Actor, user: User, role: Role, on: date) -> None:
    """Revoke a role with effect from ``on``, also for users who are signed in.

    Grants that start on or after that day are deleted.
    """
    with audit.acting(actor, AuditVerb.USER_END_ROLE):
        for grant in list(user.grants):
            if grant.role is not role or is_over(grant, on):
                continue
            if grant.from_on >= on:
                user.grants.remove(grant)
                db.session.delete(grant)
            else:
                grant.until_on = on - timedelta(days=1)
