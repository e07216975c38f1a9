"""Passwords: 12 characters or more, no common ones, nothing else asked (NCSC; Cyber Essentials)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import InvalidInput

SHORTEST = 12
LONGEST = 200  # so that nobody makes the hash a way to tire the server
# Argon2id as OWASP's password storage cheat sheet asks at least: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text().splitlines()
    return frozenset(_bare(line) for line in lines if line)


def _bare(password: str) -> str:
    """Lower case, letters and digits only, the usual stand-ins undone, trailing digits gone."""
    plain = password.lower().translate(str.maketrans("@$!013457", "asioieast"))
    return re.sub(r"[^a-z0-9]", "", plain)


def check_new(password: str, *, about: tuple[str, ...] = ()) -> None:
    """Raise InvalidInput (field "password") for one that is too short, too long or too common.

    `about`: words an attacker would try first, such as the person's name and address.
    """
    if len(password) < SHORTEST:
        raise InvalidInput(f"Your password must be {SHORTEST} characters or more", "password")
    if len(password) > LONGEST:
        raise InvalidInput(f"Your password must be {LONGEST} characters or fewer", "password")
    bare = _bare(password)
    guessable = len(set(password)) < 5 or bare in _common()
    words = [_bare(word) for text in about for word in re.split(r"[@.\s]+", text)]
    rest = bare
    for word in words:
        rest = rest.replace(word, "") if len(word) > 2 else rest
    if guessable or len(rest) < 5:
        raise InvalidInput(
            "This password is too easy to guess. Three random words make a good one", "password"
        )


def hashed(password: str) -> str:
    """The password as Argon2id keeps it."""
    return _hasher.hash(password)


@cache
def _nobodys() -> str:
    return hashed("nobody signs in with this one")


def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one. Takes as long for nobody's password as for somebody's."""
    try:
        right = _hasher.verify(password_hash or _nobodys(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None
