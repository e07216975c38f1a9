"""Signing in with a password and a second factor, for staff and partners (DESIGN 6).

The site never reveals whether it knows an email address. The response and the time taken are the
same for an unknown address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import notifications, queries
from app.accounts.models import User
from app.core import audit, clock, throttling
from app.core.actor import PUBLIC
from app.core.audit_verbs import AuditVerb
from app.core.errors import DomainError, InvalidInput
from app.core.permissions import STAFF_ROLES
from app.signin import passwords, recovery_codes, second_factor

WRONG_PASSWORD = _l("The email address or password is incorrect")
DEMO_DOMAIN = "@demo.example"
FindDeviceName = Callable[[int], str | None]  # from a user ID to the name of the device


@dataclass(frozen=True)
class VerifiedUser:
    """A user whose password was correct. ``needs_code`` means that a code is required as well."""

    user_id: int
    needs_code: bool


def _find_no_device(user_id: int) -> None:
    """Return None, for callers that do not recognise devices."""


def sign_in_with_password(
    email: str, password: str, source: str, device: FindDeviceName = _find_no_device
) -> VerifiedUser:
    """Check a password, and sign the user in if they have no second factor.

    ``source`` is the network address of the request. ``device`` takes a user ID and returns the
    name of the device if that user has signed in on it before, or None. Attempts from a device
    that the user has signed in on are counted separately.

    Raises InvalidInput if the password is wrong, and TooManyAttempts if the user has to wait.
    """
    user = verify_password(email, password, source, device)
    if user.totp_confirmed_at is None and _code_is_required(user):
        raise InvalidInput(
            _("Your account has no second factor yet. Ask an administrator for a new invitation"),
            "password",
        )
    if user.totp_confirmed_at is None:
        audit.record(PUBLIC, AuditVerb.USER_SIGN_IN, "users", user.id, how="password")
    return VerifiedUser(user.id, needs_code=user.totp_confirmed_at is not None)


def verify_password(email: str, password: str, source: str, device: FindDeviceName) -> User:
    """Return the user with this email address and password.

    Raises the same errors as `sign_in_with_password`.
    """
    user = queries.user_by_email(email)
    attempt = _begin_attempt(f"password:{email.strip().lower()}", user, source, device)
    may_sign_in = user is not None and user.deactivated_at is None and not _is_demo_user(email)
    is_correct = passwords.password_matches(
        user.password_hash if user and may_sign_in else None, password
    )
    if user is None or not is_correct:
        raise _wrong_attempt_error(attempt, str(WRONG_PASSWORD), "password")
    attempt.mark_correct()
    return user


def sign_in_with_code(
    user_id: int, code: str, source: str = "", device: FindDeviceName = _find_no_device
) -> None:
    """Check the second factor and sign the user in. Raises the same errors as `verify_code`."""
    method = verify_code(user_id, code, source, device)
    audit.record(PUBLIC, AuditVerb.USER_SIGN_IN, "users", user_id, how=f"password and {method}")


def verify_code(user_id: int, code: str, source: str, device: FindDeviceName) -> str:
    """Check and use up a code from the app, or a recovery code.

    Returns the type of code: "code" or "recovery code". If two requests use the same code at the
    same time, only one of them succeeds. ``source`` and ``device`` are the same as in
    `sign_in_with_password`. Raises InvalidInput if the code is wrong, and TooManyAttempts if the
    user has to wait.
    """
    user = queries.user(user_id)
    attempt = _begin_attempt(f"code:{user_id}", user, source, device)
    method = _use_code(user, code) if user is not None and user.totp_secret else None
    if method is None:
        raise _wrong_attempt_error(attempt, str(second_factor.WRONG_CODE), "code")
    attempt.mark_correct()
    return method


def _use_code(user: User, code: str) -> str | None:
    if recovery_codes.is_recovery_code(code):
        if not recovery_codes.use_code(user, code):
            return None
        notifications.notify_sign_in_changed(user.id)
        return "recovery code"
    secret = second_factor.decrypt_secret(user.totp_secret)
    step = second_factor.find_time_step(secret, code) if secret else None
    return "code" if step is not None and queries.use_time_step(user.id, step) else None


def _begin_attempt(
    name: str, user: User | None, source: str, device: FindDeviceName
) -> throttling.Attempt:
    """Count an attempt for the user's own device, or otherwise for the user and the source."""
    own_device = device(user.id) if user is not None else None
    if own_device is not None:
        return throttling.begin_attempt(f"{name} on:{own_device}")
    return throttling.begin_attempt(name, source)


def _wrong_attempt_error(attempt: throttling.Attempt, message: str, field: str) -> DomainError:
    """Return the error for a wrong attempt. It says how long to wait before the next attempt."""
    if not attempt.wait:
        return InvalidInput(message, field)
    error = throttling.too_many_attempts_error(attempt.wait)
    error.message, error.field = f"{message}. {error.message}", field
    return error


def _is_staff(user: User) -> bool:
    return bool(queries.roles_held(user.id, clock.today()) & STAFF_ROLES)


def _is_demo_user(email: str) -> bool:
    """Return whether this is production and the email address is for the demonstration."""
    production = bool(current_app.config["SETTINGS"].is_production)
    return production and email.strip().lower().endswith(DEMO_DOMAIN)


def _code_is_required(user: User) -> bool:
    return bool(current_app.config["SETTINGS"].is_production) and _is_staff(user)
