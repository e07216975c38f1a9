"""The second factor: time-based codes from an authenticator app (TOTP, RFC 6238)."""

from __future__ import annotations

from datetime import timedelta

import pyotp
from flask_babel import lazy_gettext as _l

from app.core import clock, encryption

PURPOSE = "totp"  # for encrypting stored secrets
WRONG_CODE = _l("That code is incorrect. Enter the latest code from your app")
STEP_SECONDS = 30  # RFC 6238


def new_secret() -> str:
    """Return a new secret in base32."""
    return pyotp.random_base32()


def encrypt_secret(secret: str) -> str:
    """Return the encrypted secret, for `User.totp_secret`."""
    return encryption.encrypt(PURPOSE, secret.encode())


def decrypt_secret(stored: str | None) -> str | None:
    """Return the decrypted secret, or None if it cannot be decrypted."""
    secret = encryption.decrypt(PURPOSE, stored or "")
    return secret.decode() if secret else None


def format_secret(secret: str) -> str:
    """Return the secret in groups of four letters, for users who type it into their app."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def provisioning_uri(email: str, secret: str, issuer: str) -> str:
    """Return the ``otpauth:`` URI for the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def find_time_step(secret: str, code: str) -> int | None:
    """Return the number of the 30-second time step for which a code is valid, or None.

    The current, previous and next steps are accepted, because clocks differ.
    """
    now = int(clock.now().timestamp())
    digits = "".join(filter(str.isdigit, code))
    for drift in (0, -STEP_SECONDS, STEP_SECONDS):
        if pyotp.TOTP(secret).verify(digits, for_time=clock.now() + timedelta(seconds=drift)):
            return (now + drift) // STEP_SECONDS
    return None
