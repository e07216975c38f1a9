"""Recovery codes, which replace the second factor of a user who has lost their phone.

Codes are shown only once, and each code can be used once. Only hashes are stored. A code has 78
random bits, so the hash does not need a salt.
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

COUNT = 10
LENGTH, GROUP = 16, 4
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no characters that are easily confused


def make_codes(actor: Actor, user: User) -> list[str]:
    """Return new recovery codes, formatted for reading. Earlier codes stop working."""
    queries.remove_codes(user.id)
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(COUNT)]
    now = clock.now()
    db.session.add_all(
        [RecoveryCode(user_id=user.id, code_hash=_hash(code), made_at=now) for code in codes]
    )
    audit.record(actor, AuditVerb.USER_RECOVERY_CODES, "users", user.id)
    return [format_code(code) for code in codes]


def format_code(code: str) -> str:
    """Return the code in groups of four characters."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def is_recovery_code(typed: str) -> bool:
    """Return whether the text looks like a recovery code and not like a code from an app."""
    return len(_normalise(typed)) == LENGTH


def use_code(user: User, typed: str) -> bool:
    """Mark a code as used. Returns False if the code is not valid or has been used.

    If several requests use the same code at the same time, only one of them succeeds.
    """
    return queries.use_code(user.id, _hash(_normalise(typed)))


def _normalise(typed: str) -> str:
    return "".join(each for each in typed.upper() if each.isalnum())


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
