"""Users with roles. Each call adds rows to the session and flushes."""

from __future__ import annotations

import itertools
from datetime import date

from app.accounts.models import RoleGrant, User
from app.core import clock
from app.core.db import db
from app.core.permissions import Role

LONG_AGO = date(2019, 4, 1)
_number = itertools.count(1)


def user(
    *roles: Role,
    email: str | None = None,
    name: str | None = None,
    from_on: date = LONG_AGO,
    until_on: date | None = None,
) -> User:
    """Return a new user who holds `roles` from `from_on`."""
    number = next(_number)
    made = User(
        email=email or f"user{number}@example.org",
        name=name or f"User {number}",
        created_at=clock.now(),
        sessions_from=clock.start_of_day(LONG_AGO),
    )
    made.grants = [RoleGrant(role=role, from_on=from_on, until_on=until_on) for role in roles]
    db.session.add(made)
    db.session.flush()
    return made


def coordinator(*, sensitive: bool = True, **more: str) -> User:
    """Return a new coordinator, by default with the permission for sensitive networks."""
    roles = (Role.COORDINATOR, Role.SENSITIVE) if sensitive else (Role.COORDINATOR,)
    return user(*roles, **more)
