"""Changes by staff and partners to how they sign in.

The pages require reauthentication (`reauthentication.py`) before they call these functions. After a
change, the user is notified by email, other devices are signed out, and earlier links are revoked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from app.accounts import notifications, queries, service
from app.accounts.models import User
from app.accounts.queries.audit_log import recent_sign_ins
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import InvalidInput, NotFound
from app.core.permissions import OWN_SIGN_IN
from app.signin import credentials, passwords, recovery_codes, second_factor

MAX_SIGN_INS_SHOWN = 5


@dataclass(frozen=True)
class SignInRow:
    """A past sign-in. ``method`` is, for example, "link" or "password and code"."""

    at: datetime
    method: str


@dataclass(frozen=True)
class SignInSettings:
    """How a user signs in.

    ``code_since`` is when the second factor was set up, or None. ``unused_codes`` is the number of
    unused recovery codes. ``recent`` contains the most recent sign-ins, newest first.
    """

    name: str
    email: str
    code_since: datetime | None
    unused_codes: int
    recent: Sequence[SignInRow]


def find_sign_in_settings(actor: Actor) -> SignInSettings:
    """Return how the actor signs in. Raises NotFound if the actor has no user."""
    user = _find_user(actor)
    return SignInSettings(
        name=user.name,
        email=user.email,
        code_since=user.totp_confirmed_at,
        unused_codes=queries.count_unused_codes([user.id]).get(user.id, 0),
        recent=[
            SignInRow(at, method or "")
            for at, method in recent_sign_ins(user.id, MAX_SIGN_INS_SHOWN)
        ],
    )


def _find_user(actor: Actor) -> User:
    actor.require(OWN_SIGN_IN)
    user = queries.user(actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFound()
    return user


def check_credentials(
    actor: Actor, password: str, code: str | None, source: str, device: credentials.FindDeviceName
) -> None:
    """Check the actor's password, and the second factor if there is one.

    Wrong attempts count as wrong attempts to sign in. Raises InvalidInput or TooManyAttempts.
    """
    user = _find_user(actor)
    credentials.verify_password(user.email, password, source, device)
    if user.totp_confirmed_at is not None:
        credentials.verify_code(user.id, code or "", source, device)
    audit.record(actor, AuditVerb.USER_REAUTHENTICATE, "users", user.id)


def change_password(actor: Actor, password: str) -> None:
    """Change the actor's password. Raises InvalidInput if it is too short or easy to guess."""
    user = _find_user(actor)
    passwords.check_new_password(password, about=passwords.known_words(user.name, user.email))
    if passwords.password_matches(user.password_hash, password):
        raise InvalidInput(_("That is already your password. Choose a different one"), "password")
    with audit.acting(actor, AuditVerb.USER_CHANGE_PASSWORD):
        user.password_hash = passwords.hash_password(password)
        user.sessions_from = clock.now()
    service.revoke_links(user.id)
    notifications.notify_sign_in_changed(user.id)


def change_second_factor(actor: Actor, secret: str, code: str) -> None:
    """Replace the actor's authenticator app, and delete the actor's recovery codes.

    Raises InvalidInput if the code does not match the new secret.
    """
    user = _find_user(actor)
    step = second_factor.find_time_step(secret, code)
    if step is None:
        raise InvalidInput(str(second_factor.WRONG_CODE), "code")
    with audit.acting(actor, AuditVerb.USER_CHANGE_SECOND_FACTOR):
        user.totp_secret = second_factor.encrypt_secret(secret)
        user.totp_confirmed_at = clock.now()
        user.totp_last_step = step
        user.sessions_from = clock.now()
    queries.remove_codes(user.id)
    service.revoke_links(user.id)
    notifications.notify_sign_in_changed(user.id)


def make_recovery_codes(actor: Actor) -> list[str]:
    """Return ten new recovery codes for the actor. Earlier codes stop working.

    Raises InvalidInput if the actor has no second factor.
    """
    user = _find_user(actor)
    if user.totp_confirmed_at is None:
        raise InvalidInput(_("Add a second factor before you make recovery codes"))
    codes = recovery_codes.make_codes(actor, user)
    notifications.notify_sign_in_changed(user.id)
    return codes


def sign_out_elsewhere(actor: Actor) -> None:
    """End all sessions of the actor. The caller keeps the current session."""
    user = _find_user(actor)
    with audit.acting(actor, AuditVerb.USER_SIGN_OUT):
        user.sessions_from = clock.now()
