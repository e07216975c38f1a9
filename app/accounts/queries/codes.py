"""Recovery codes, by their hashes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from app.accounts.models import RecoveryCode
from app.core import clock
from app.core.db import db


def remove_codes(user_id: int) -> None:
    """Delete all of a user's codes."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def spend_code(user_id: int, code_hash: str) -> bool:
    """Use a code up; False when it is none of theirs, or was used before. Race-free."""
    spent = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == code_hash,
            RecoveryCode.spent_at.is_(None),
        )
        .values(spent_at=clock.now())
        .returning(RecoveryCode.id)
    )
    return spent.scalar_one_or_none() is not None


def codes_left(user_ids: Sequence[int]) -> dict[int, int]:
    """User → how many codes can still be used; users without any are left out."""
    rows = db.session.execute(
        select(RecoveryCode.user_id, func.count())
        .where(RecoveryCode.user_id.in_(user_ids), RecoveryCode.spent_at.is_(None))
        .group_by(RecoveryCode.user_id)
    )
    return {user_id: count for user_id, count in rows}
