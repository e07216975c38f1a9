"""Encryption of short texts with the application's key.

A copy of the database is not enough to read them.
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
    """Return `content` encrypted and signed, with a separate key for each purpose."""
    return _fernet(current_app.config["SECRET_KEY"], purpose).encrypt(content).decode()


def decrypt(purpose: str, encrypted: str, max_age: int | None = None) -> bytes | None:
    """Return the content, or None if the text is not valid.

    It is valid if it was encrypted here, at most `max_age` seconds ago, and was not altered.
    """
    try:
        return _fernet(current_app.config["SECRET_KEY"], purpose).decrypt(
            encrypted.encode(), ttl=max_age
        )
    except InvalidToken:
        return None
