"""Making users and granting roles. Signing in is in `signin.py`."""

from __future__ import annotations

from datetime import date

from app.accounts import queries
from app.accounts.models import RoleGrant, User
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import constraint_as_sentence, db
from app.core.errors import Conflict
from app.core.permissions import Role


def make_user(actor: Actor, email: str, name: str) -> User:
    """A new user with this address. Raises Conflict when it is known (for staff's eyes only)."""
    now = clock.now()
    user = User(email=email.strip(), name=name, created_at=now, sessions_from=now)

    def taken() -> Conflict:
        return Conflict("Somebody already signs in with this address.", "email")

    with (
        audit.acting(actor, "user.create"),
        constraint_as_sentence({"uq_users_email": taken}),
    ):
        db.session.add(user)
    return user


def grant(actor: Actor, user: User, role: Role, from_on: date) -> None:
    """Give a role from a day on; giving it twice is a no-op."""
    if role in queries.roles_on(user.id, from_on):
        return
    with audit.acting(actor, "user.grant"):
        db.session.add(RoleGrant(user_id=user.id, role=role, from_on=from_on))


def champion_user(actor: Actor, email: str, name: str, on: date) -> User:
    """The user with this address, made if need be, holding the champion's role from `on`."""
    user = queries.user_by_email(email) or make_user(actor, email, name)
    grant(actor, user, Role.CHAMPION, on)
    return user
