"""Create users, grant roles, and end roles, sessions and links."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _

from app.accounts import queries
from app.accounts.models import RoleGrant, User
from app.accounts.types import ENTRY_LINKS
from app.core import audit, clock, links
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import constraint_as_sentence, db
from app.core.errors import Conflict
from app.core.in_force import is_in_force, is_over
from app.core.permissions import Role


def make_user(actor: Actor, email: str, name: str) -> User:
    """A new user with this address; whoever asks has looked for it in this transaction.

    Raises Conflict when somebody else made one with it at the same moment.
    """
    now = clock.now()
    user = User(email=email.strip(), name=name, created_at=now, sessions_from=now)

    def taken() -> Conflict:
        return Conflict(_("We could not save this. Try again"), "email")

    with (
        audit.acting(actor, AuditVerb.USER_CREATE),
        constraint_as_sentence({"uq_users_email": taken}),
    ):
        db.session.add(user)
    return user


def grant(actor: Actor, user: User, role: Role, from_on: date) -> None:
    """Give a role from a day on; giving it twice is a no-op. One that ends that day goes on."""
    held = queries.grant_on(user.id, role, from_on)
    with audit.acting(actor, AuditVerb.USER_GRANT):
        if held is None:
            db.session.add(RoleGrant(user_id=user.id, role=role, from_on=from_on))
        elif held.until_on == from_on:
            held.until_on = None


def grant_for_dates(
    actor: Actor, user: User, role: Role, from_on: date, until_on: date | None
) -> None:
    """Give a role for days to come, or with a last day (None: open)."""
    with audit.acting(actor, AuditVerb.USER_GRANT):
        db.session.add(RoleGrant(user_id=user.id, role=role, from_on=from_on, until_on=until_on))


def end_role(actor: Actor, user_id: int, role: Role, on: date) -> None:
    """The role counts for the last time on `on`; what was signed in with it ends now."""
    user = db.session.get(User, user_id)
    if user is None:
        return
    with audit.acting(actor, AuditVerb.USER_END_ROLE):
        for held in user.grants:
            if held.role is role and is_in_force(held, on):
                held.until_on = on
        user.sessions_from = clock.now()


def end_sessions(actor: Actor, user_id: int) -> None:
    """Whoever is signed in as this user is signed out, on every device."""
    user = db.session.get(User, user_id)
    if user is not None:
        with audit.acting(actor, AuditVerb.USER_SIGN_OUT):
            user.sessions_from = clock.now()


def end_links(user_id: int) -> None:
    """End every link sent to the user that lets them in."""
    for purpose in ENTRY_LINKS:
        links.revoke(purpose, user_id)


def take_role(actor: Actor, user: User, role: Role, on: date) -> None:
    """The role no longer counts from `on`; what was given that day never counted.

    Roles are read with every request, so it holds for whoever is signed in already.
    """
    with audit.acting(actor, AuditVerb.USER_END_ROLE):
        for held in list(user.grants):
            if held.role is not role or is_over(held, on):
                continue
            if held.from_on >= on:
                user.grants.remove(held)
                db.session.delete(held)
            else:
                held.until_on = on - timedelta(days=1)
