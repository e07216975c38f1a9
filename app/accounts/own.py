"""What somebody who works on the service changes about their own sign-in.

Each verb expects that the page asked for a fresh proof (`proof.py`). The owner is told by letter,
every other device is signed out, and links that were sent before end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from app.accounts import passwords, queries, recovery, signin, telling, trying
from app.accounts.models import User
from app.accounts.queries.audit_log import sign_ins
from app.core import audit, clock, encryption, links
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import InvalidInput, NotFound
from app.core.permissions import OWN_SIGN_IN

SHOWN = 5  # sign-ins


@dataclass(frozen=True)
class SignInLine:
    """A sign-in of one's own. how: "link", "password", "password and code" …"""

    at: datetime
    how: str


@dataclass(frozen=True)
class OwnSignIn:
    """How somebody signs in. codes_left: of the recovery codes; last: newest first."""

    name: str
    email: str
    code_since: datetime | None
    codes_left: int
    last: Sequence[SignInLine]


def read(actor: Actor) -> OwnSignIn:
    """The actor's own. Raises NotFound for whoever has no account."""
    user = _find(actor)
    return OwnSignIn(
        name=user.name,
        email=user.email,
        code_since=user.totp_confirmed_at,
        codes_left=queries.codes_left([user.id]).get(user.id, 0),
        last=[SignInLine(at, how or "") for at, how in sign_ins(user.id, SHOWN)],
    )


def _find(actor: Actor) -> User:
    actor.require(OWN_SIGN_IN)
    user = queries.user(actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFound()
    return user


def prove(
    actor: Actor, password: str, code: str | None, source: str, device: signin.Device
) -> None:
    """Check the password, and the second factor of whoever has one.

    Raises InvalidInput or TooManyTries, as signing in does: tries are counted there and here.
    """
    user = _find(actor)
    signin.right_password(user.email, password, source, device)
    if user.totp_confirmed_at is not None:
        signin.right_code(user.id, code or "", source, device)
    audit.record(actor, AuditVerb.USER_PROVE, "users", user.id)


def change_password(actor: Actor, password: str) -> None:
    """A new password. Raises InvalidInput when it is too short or easy to guess."""
    user = _find(actor)
    passwords.check_new(password, about=passwords.known_words(user.name, user.email))
    if passwords.matches(user.password_hash, password):
        raise InvalidInput(_("That is your password already. Choose another one"), "password")
    with audit.acting(actor, AuditVerb.USER_CHANGE_PASSWORD):
        user.password_hash = passwords.hashed(password)
        user.sessions_from = clock.now()
    _end_links(user)
    telling.sign_in_changed(user.id)


def change_second_factor(actor: Actor, secret: str, code: str) -> None:
    """Another app or phone. Raises InvalidInput when the code is not of this secret.

    The recovery codes end with the app they stood in for.
    """
    user = _find(actor)
    step = signin.step_of(secret, code)
    if step is None:
        raise InvalidInput(signin.WRONG_CODE, "code")
    with audit.acting(actor, AuditVerb.USER_CHANGE_SECOND_FACTOR):
        user.totp_secret = encryption.encrypt("totp", secret.encode())
        user.totp_confirmed_at = clock.now()
        user.totp_last_step = step
        user.sessions_from = clock.now()
    recovery.forget(user)
    _end_links(user)
    telling.sign_in_changed(user.id)


def make_recovery_codes(actor: Actor) -> list[str]:
    """Ten new codes; those made before end. Raises InvalidInput without a second factor."""
    user = _find(actor)
    if user.totp_confirmed_at is None:
        raise InvalidInput(_("Add a second factor first. Recovery codes stand in for it"))
    codes = recovery.make(actor, user)
    telling.sign_in_changed(user.id)
    return codes


def sign_out_elsewhere(actor: Actor) -> None:
    """Every session of the user ends; whoever calls this lets the present one stay."""
    user = _find(actor)
    with audit.acting(actor, AuditVerb.USER_SIGN_OUT):
        user.sessions_from = clock.now()


def _end_links(user: User) -> None:
    for purpose in (signin.INVITATION, signin.LINK, trying.TRY_NOW):
        links.end(purpose, user.id)
