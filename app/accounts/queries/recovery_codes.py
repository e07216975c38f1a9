"""Queries for recovery codes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from app.accounts.models import RecoveryCode
from app.core import clock
from app.core.db import db


def remove_codes(user_id: int) -> None:
    """Delete a user's recovery codes."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def use_code(user_id: int, code_hash: str) -> bool:
    """Mark a code as used. Returns False if the code is not valid or has been used.

    If several requests use the same code at the same time, only one of them succeeds.
    """
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


def count_unused_codes(user_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of unused codes by user ID. Users without unused codes are left out."""
    rows = db.session.execute(
        select(RecoveryCode.user_id, func.count())
        .where(RecoveryCode.user_id.in_(user_ids), RecoveryCode.spent_at.is_(None))
        .group_by(RecoveryCode.user_id)
    )
    return {user_id: count for user_id, count in rows}
