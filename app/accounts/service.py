"""Making users and granting roles. Signing in is in `signin.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, or_, select

from app.accounts import queries
from app.accounts.models import RoleGrant, User
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import constraint_as_sentence, db
from app.core.errors import Conflict
from app.core.permissions import Role


def make_user(actor: Actor, email: str, name: str) -> User:
    """A new user with this address; whoever asks has looked for it in this transaction.

    Raises Conflict when somebody else made one with it at the same moment.
    """
    now = clock.now()
    user = User(email=email.strip(), name=name, created_at=now, sessions_from=now)

    def taken() -> Conflict:
        return Conflict(_("This could not be saved just now. Try again"), "email")

    with (
        audit.acting(actor, "user.create"),
        constraint_as_sentence({"uq_users_email": taken}),
    ):
        db.session.add(user)
    return user


def grant(actor: Actor, user: User, role: Role, from_on: date) -> None:
    """Give a role from a day on; giving it twice is a no-op. One that ends that day goes on."""
    held = db.session.scalar(
        select(RoleGrant)
        .where(
            RoleGrant.user_id == user.id,
            RoleGrant.role == role,
            RoleGrant.from_on <= from_on,
            or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= from_on),
        )
        .order_by(RoleGrant.until_on.desc().nulls_first())
        .limit(1)
    )
    with audit.acting(actor, "user.grant"):
        if held is None:
            db.session.add(RoleGrant(user_id=user.id, role=role, from_on=from_on))
        elif held.until_on == from_on:
            held.until_on = None


def grant_for_dates(
    actor: Actor, user: User, role: Role, from_on: date, until_on: date | None
) -> None:
    """Give a role for days to come, or with a last day (None: open)."""
    with audit.acting(actor, "user.grant"):
        db.session.add(RoleGrant(user_id=user.id, role=role, from_on=from_on, until_on=until_on))


def champion_user(actor: Actor, email: str, name: str, on: date) -> User:
    """The user with this address, made if need be, holding the champion's role from `on`."""
    user = queries.user_by_email(email) or make_user(actor, email, name)
    grant(actor, user, Role.CHAMPION, on)
    return user


def champion_users(actor: Actor, people: Mapping[str, str], on: date) -> dict[str, int]:
    """`champion_user` for many at once: address → name gives address in small letters → user id."""
    names = {email.casefold(): (email, name) for email, name in people.items()}
    if not names:
        return {}
    wanted = select(User.email, User.id).where(User.email.in_(list(names)))
    known = {email.casefold(): user_id for email, user_id in db.session.execute(wanted)}
    now = clock.now()
    fresh = [
        {"email": email, "name": name, "created_at": now, "sessions_from": now}
        for key, (email, name) in sorted(names.items())
        if key not in known
    ]
    if fresh:
        made = db.session.execute(insert(User).returning(User.email, User.id), fresh)
        created = {email.casefold(): user_id for email, user_id in made}
        audit.record_all(actor, "user.create", "users", {each: {} for each in created.values()})
        known |= created
    held = queries.holders(Role.CHAMPION, known.values(), on)
    grants: list[dict[str, Any]] = [
        {"user_id": user_id, "role": Role.CHAMPION, "from_on": on}
        for user_id in sorted(known.values())
        if user_id not in held
    ]
    if grants:
        given = db.session.execute(insert(RoleGrant).returning(RoleGrant.id), grants)
        facts = {"role": Role.CHAMPION}
        audit.record_all(actor, "user.grant", "role_grants", {row.id: facts for row in given})
    return known


def end_role(actor: Actor, user_id: int, role: Role, on: date) -> None:
    """The role counts for the last time on `on`; what was signed in with it ends now."""
    user = db.session.get(User, user_id)
    if user is None:
        return
    with audit.acting(actor, "user.end-role"):
        for held in user.grants:
            open_still = held.until_on is None or held.until_on > on
            if held.role is role and held.from_on <= on and open_still:
                held.until_on = on
        user.sessions_from = clock.now()


def take_role(actor: Actor, user: User, role: Role, on: date) -> None:
    """The role counts no more, from `on`; what was given that day never counted.

    Roles are read with every request, so it holds for whoever is signed in already.
    """
    with audit.acting(actor, "user.end-role"):
        for held in list(user.grants):
            if held.role is not role or (held.until_on is not None and held.until_on < on):
                continue
            if held.from_on >= on:
                user.grants.remove(held)
                db.session.delete(held)
            else:
                held.until_on = on - timedelta(days=1)
