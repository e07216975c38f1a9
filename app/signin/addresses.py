"""The email addresses that users sign in with.

Other rooms change an address after its owner has confirmed it.
"""

from __future__ import annotations

from flask_babel import gettext as _

from app.accounts import queries
from app.accounts.models import User
from app.core import audit, clock, links
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import explain_violations
from app.core.errors import Conflict
from app.core.permissions import STAFF_ROLES
from app.messages import service as messages
from app.messages.types import NO_ADDRESS
from app.signin import sign_in_links

ADDRESS_CHANGED = "their address changed"


def current_address(user_id: int | None) -> str | None:
    """Return the email address that a user signs in with, or None."""
    user = queries.user(user_id) if user_id is not None else None
    return None if user is None or user.email.endswith(NO_ADDRESS) else user.email


def change_address(actor: Actor, user_id: int, email: str) -> bool:
    """Change the email address that a user signs in with, and end the user's sessions.

    Returns whether the user now signs in with this address. It does not change if another user has
    the address, or if the user is staff.
    """
    user = queries.lock_user_for_update(user_id)
    if user is None or queries.roles_held(user.id, clock.today()) & STAFF_ROLES:
        return False
    if user.email.casefold() == email.strip().casefold():
        return True
    if queries.user_by_email(email) is not None:
        return False
    try:
        _set_address(actor, user, email.strip())
    except Conflict:  # another request took the address first
        return False
    return True


def remove_address(actor: Actor, user_id: int) -> None:
    """Remove the email address that a user signs in with, unless the user is staff.

    The user cannot sign in until they have confirmed a new address.
    """
    user = queries.lock_user_for_update(user_id)
    if user is None or queries.roles_held(user.id, clock.today()) & STAFF_ROLES:
        return
    if not user.email.endswith(NO_ADDRESS):
        _set_address(actor, user, f"user-{user.id}{NO_ADDRESS}")


def _set_address(actor: Actor, user: User, email: str) -> None:
    with (
        audit.acting(actor, AuditVerb.USER_CHANGE_ADDRESS),
        explain_violations({"uq_users_email": lambda: Conflict(_("Try again"), "email")}),
    ):
        user.email = email
        user.sessions_from = clock.now()
    links.revoke(sign_in_links.LINK, user.id)
    messages.cancel_for_user(user.id, sign_in_links.LETTER, ADDRESS_CHANGED)
