"""Where a link to sign in goes: to an address that is the user's today, or nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.accounts import queries, signin
from app.accounts.models import User
from app.core import audit, clock, links
from app.core.actor import Actor
from app.core.db import constraint_as_sentence, db
from app.core.errors import Conflict
from app.core.permissions import STAFF_ROLES
from app.messages import service as messages
from app.messages.types import NO_ADDRESS

CHANGED = "their address changed"


def of(user_id: int | None) -> str | None:
    """The address they sign in with; None when there is none."""
    user = queries.user(user_id) if user_id is not None else None
    return None if user is None or user.email.endswith(NO_ADDRESS) else user.email


def keep_to(actor: Actor, user_id: int, theirs: Sequence[str]) -> bool:
    """They sign in with an address of `theirs` and no other; returns whether they still can.

    The one they have stays if it is among them, else it is the first; with none, no link can be
    sent. What was signed in before ends then, and so do the links that were sent. Whoever works on
    the service signs in with a password, at their address at work: theirs stays.

    Raises Conflict when somebody else signs in with it; then nothing has changed.
    """
    user = db.session.scalar(
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if user is None:
        return False
    if queries.roles_on(user.id, clock.today()) & STAFF_ROLES:
        return True
    if user.email.casefold() in {each.casefold() for each in theirs}:
        return True
    wanted = theirs[0].strip() if theirs else f"user-{user.id}{NO_ADDRESS}"
    if user.email == wanted:
        return False
    _change(actor, user, wanted)
    links.end(signin.LINK, user.id)
    messages.void_for_user(user.id, signin.LETTER, CHANGED)
    return bool(theirs)


def _change(actor: Actor, user: User, email: str) -> None:
    def taken() -> Conflict:
        return Conflict(
            "Somebody else signs in with this address, so it can’t be used here. Nothing was"
            " changed. Enter another address",
            "email",
        )

    known = queries.user_by_email(email)
    if known is not None and known.id != user.id:
        raise taken()
    with (
        audit.acting(actor, "user.change-address"),
        constraint_as_sentence({"uq_users_email": taken}),
    ):
        user.email = email
        user.sessions_from = clock.now()
