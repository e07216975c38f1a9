"""Recovery codes: for whoever has lost the phone with their app. Each works once, as a code does.

They are shown once, when they are made. Only their hashes are kept: a code has 78 random bits, so a
plain hash can't be turned back.
"""

from __future__ import annotations

import hashlib
import secrets

from app.accounts import queries
from app.accounts.models import RecoveryCode, User
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db

HOW_MANY = 10
LENGTH, GROUP = 16, 4
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else


def make(actor: Actor, user: User) -> list[str]:
    """New codes, as they are read and typed; those made before no longer work."""
    forget(user)
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(HOW_MANY)]
    now = clock.now()
    db.session.add_all(
        [RecoveryCode(user_id=user.id, code_hash=_hash(code), made_at=now) for code in codes]
    )
    audit.record(actor, AuditVerb.USER_RECOVERY_CODES, "users", user.id)
    return [in_groups(code) for code in codes]


def in_groups(code: str) -> str:
    """Four characters at a time."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def forget(user: User) -> None:
    """All of the user's codes end."""
    queries.remove_codes(user.id)


def is_one(typed: str) -> bool:
    """Whether it has the form of a recovery code, and not of one from the app."""
    return len(_bare(typed)) == LENGTH


def spend(user: User, typed: str) -> bool:
    """Use a code up; False when it is none of theirs, or was used before. Race-free."""
    return queries.spend_code(user.id, _hash(_bare(typed)))


def _bare(typed: str) -> str:
    return "".join(each for each in typed.upper() if each.isalnum())


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
