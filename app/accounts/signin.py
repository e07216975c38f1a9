"""Signing in: by link (champions), by password and code (staff and partners). DESIGN 6.

Nobody learns whether an address is known: an unknown one gets the same answer, after the same work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pyotp
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import asking, passwords, queries, recovery, telling
from app.accounts.models import User
from app.core import audit, clock, encryption, links, slowing
from app.core.actor import PUBLIC, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import DomainError, InvalidInput
from app.core.permissions import STAFF_ROLES
from app.messages import ceiling
from app.messages import service as messages
from app.messages.letters import register
from app.messages.types import Channel, Letter, NewMessage, Recipient

LINK, LETTER, LINK_LIFETIME = asking.LINK, asking.LETTER, asking.LINK_LIFETIME
INVITATION = "invitation"
INVITATION_LIFETIME = timedelta(days=7)
WRONG = "The email address or password is not right"
WRONG_CODE = "That code is not right. Enter the newest code from your app"
MADE_UP = "@demo.example"
TOTP_STEP = 30  # seconds (RFC 6238)
Device = Callable[[int], str | None]


def register_letters() -> None:
    """The letters of this room."""
    asking.register_letters()
    register(Letter("invitation", _l("Set up their account"), only_there=True))


@dataclass(frozen=True)
class PasswordAccepted:
    """The password was right; whether a code is still to come."""

    user_id: int
    needs_code: bool


def send_link(email: str, source: str, *, unconfirmed_first: bool = False) -> None:
    """Send this address a link to sign in, or a letter that says why there is none.

    source: the address of the computer that asks. unconfirmed_first: as for `asking.answer`. Raises
    TooManyTries. Beyond the ceiling of a mailbox nothing is written (app.messages.ceiling).
    """
    ceiling.pace(source, email)
    asking.answer(email, unconfirmed_first=unconfirmed_first)


def use_link(token: str) -> int | None:
    """The user whose link this is, spending it; None when it is spent or has run out."""
    subject = links.spend(LINK, token)
    user = asking.user_of(subject) if subject else None
    if user is None:
        return None
    ceiling.start_again(ceiling.SIGN_IN, user.email)
    audit.record(PUBLIC, AuditVerb.USER_SIGN_IN, "users", user.id, how="link")
    return user.id


def check_password(
    email: str, password: str, source: str, device: Device = lambda user_id: None
) -> PasswordAccepted:
    """Raises InvalidInput when wrong, TooManyTries while the account or the source has to wait.

    source: the network address it comes from. device: user id → the name of their own device, where
    it is sent from there; then its tries are counted for the device alone.
    """
    user = right_password(email, password, source, device)
    if user.totp_confirmed_at is None and _code_is_a_must(user):
        raise InvalidInput(
            _("Your account has no second factor yet. Ask an administrator for a new invitation"),
            "password",
        )
    if user.totp_confirmed_at is None:
        audit.record(PUBLIC, AuditVerb.USER_SIGN_IN, "users", user.id, how="password")
    return PasswordAccepted(user.id, needs_code=user.totp_confirmed_at is not None)


def right_password(email: str, password: str, source: str, device: Device) -> User:
    """The user whose password this is. Raises and counts as `check_password` does."""
    user = queries.user_by_email(email)
    attempt = _begin(f"password:{email.strip().lower()}", user, source, device)
    known = user is not None and user.deactivated_at is None and not _is_made_up(email)
    right = passwords.matches(user.password_hash if user and known else None, password)
    if user is None or not right:
        raise _wrong(attempt, WRONG, "password")
    attempt.went_well()
    return user


def check_code(
    user_id: int, code: str, source: str = "", device: Device = lambda user_id: None
) -> None:
    """The second factor, after the password: signs in. Raises and counts as `right_code` does."""
    how = right_code(user_id, code, source, device)
    audit.record(PUBLIC, AuditVerb.USER_SIGN_IN, "users", user_id, how=f"password and {how}")


def right_code(user_id: int, code: str, source: str, device: Device) -> str:
    """Spend a code of the app, or a recovery code; returns which ("code", "recovery code").

    Either works once, also for several who send it in the same instant. source, device: as for
    `check_password`. Raises InvalidInput or TooManyTries.
    """
    user = queries.user(user_id)
    attempt = _begin(f"code:{user_id}", user, source, device)
    how = _spend(user, code) if user is not None and user.totp_secret else None
    if how is None:
        raise _wrong(attempt, WRONG_CODE, "code")
    attempt.went_well()
    return how


def _spend(user: User, code: str) -> str | None:
    if recovery.is_one(code):
        if not recovery.spend(user, code):
            return None
        telling.sign_in_changed(user.id)
        return "recovery code"
    secret = encryption.decrypt("totp", user.totp_secret or "")
    step = step_of(secret.decode(), code) if secret else None
    return "code" if step is not None and queries.spend_step(user.id, step) else None


def _begin(name: str, user: User | None, source: str, device: Device) -> slowing.Try:
    """Charge a try at an account: to the owner's own device, else to the account and the source."""
    own = device(user.id) if user is not None else None
    if own is not None:
        return slowing.begin(f"{name} on:{own}")
    return slowing.begin(name, source)


def _wrong(attempt: slowing.Try, message: str, field: str) -> DomainError:
    """What a wrong try is told, and how long the next one has to wait."""
    if not attempt.wait:
        return InvalidInput(message, field)
    error = slowing.too_many(attempt.wait)
    error.message, error.field = f"{message}. {error.message}", field
    return error


def step_of(secret: str, code: str) -> int | None:
    """The time step a code belongs to: the current one, or a neighbour (clocks differ)."""
    now = int(clock.now().timestamp())
    digits = "".join(filter(str.isdigit, code))
    for drift in (0, -TOTP_STEP, TOTP_STEP):
        if pyotp.TOTP(secret).verify(digits, for_time=clock.now() + timedelta(seconds=drift)):
            return (now + drift) // TOTP_STEP
    return None


def _is_staff(user: User) -> bool:
    return bool(queries.roles_on(user.id, clock.today()) & STAFF_ROLES)


def _is_made_up(email: str) -> bool:
    """A sign-in of the demonstration, whose password everybody knows: production has none."""
    production = bool(current_app.config["SETTINGS"].is_production)
    return production and email.strip().lower().endswith(MADE_UP)


def _code_is_a_must(user: User) -> bool:
    return bool(current_app.config["SETTINGS"].is_production) and _is_staff(user)


def invite(actor: Actor, user: User) -> None:
    """Send somebody who works on the service a link to choose a password and a second factor."""
    link_id = links.make(INVITATION, user.id, INVITATION_LIFETIME)
    messages.post(
        NewMessage(
            letter="invitation",
            recipient=Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id),
            key=f"invitation:{link_id}",
            context={
                "link": {
                    "endpoint": "accounts.invitation",
                    "purpose": INVITATION,
                    "link_id": str(link_id),
                }
            },
        )
    )
    audit.record(actor, AuditVerb.USER_INVITE, "users", user.id)


@dataclass(frozen=True)
class Invited:
    """Who an invitation is for, and the secret their app is to be given."""

    user_id: int
    name: str
    email: str


def look_at_invitation(token: str) -> Invited | None:
    """Whose invitation this is, if it is still good. Spends nothing."""
    subject = links.look(INVITATION, token)
    user = queries.user(int(subject)) if subject else None
    if user is None or user.deactivated_at is not None:
        return None
    return Invited(user.id, user.name, user.email)


def new_secret() -> str:
    """A fresh TOTP secret, for the page that shows it and the form that sends it back encrypted."""
    return pyotp.random_base32()


def in_groups(secret: str) -> str:
    """A secret as it is read and typed: four letters at a time."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def secret_address(email: str, secret: str, issuer: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def accept_invitation(token: str, password: str, secret: str, code: str) -> int:
    """Set the password and the second factor; returns the user. Raises InvalidInput."""
    invited = look_at_invitation(token)
    if invited is None:
        raise InvalidInput(_("This invitation has been used or has expired. Ask for a new one"))
    passwords.check_new(password, about=passwords.known_words(invited.name, invited.email))
    step = step_of(secret, code)
    if step is None:
        raise InvalidInput(WRONG_CODE, "code")
    if links.spend(INVITATION, token) is None:
        raise InvalidInput(_("This invitation has been used or has expired. Ask for a new one"))
    user = db.session.get_one(User, invited.user_id)
    set_up(user, password, secret, step)
    return user.id


def set_up(user: User, password: str, secret: str, step: int) -> None:
    """A password and a second factor of their own; what was signed in before ends.

    step: the one of the code that was typed, used up with it.
    """
    with audit.acting(PUBLIC, AuditVerb.USER_ACCEPT_INVITATION):
        user.password_hash = passwords.hashed(password)
        user.totp_secret = encryption.encrypt("totp", secret.encode())
        user.totp_confirmed_at = clock.now()
        user.totp_last_step = step
        user.sessions_from = clock.now()
