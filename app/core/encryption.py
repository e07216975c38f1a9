"""Encryption of short texts with the application's secret key.

Somebody who only has a copy of the database cannot read the texts.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


@cache
def _fernet(secret_key: str, purpose: str) -> Fernet:
    salt = hashlib.sha256(b"champion-network").digest()
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=purpose.encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret_key.encode())))


def encrypt(purpose: str, content: bytes) -> str:
    """Return `content`, encrypted and signed with a key that is specific to `purpose`."""
    return _fernet(current_app.config["SECRET_KEY"], purpose).encrypt(content).decode()


def decrypt(purpose: str, encrypted: str, max_age: int | None = None) -> bytes | None:
    """Return the decrypted content, or None if the text is not valid.

    A text is not valid if it was not encrypted with this key, was altered, or is more than
    `max_age` seconds old.
    """
    try:
        return _fernet(current_app.config["SECRET_KEY"], purpose).decrypt(
            encrypted.encode(), ttl=max_age
        )
    except InvalidToken:
        return None
