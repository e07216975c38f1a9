"""Which accounts may be in one hand: those that somebody made or invited, and so on from there.

Two accounts count as one hand when one led to the other, or somebody led to both. An account that
the command line made has nobody before it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, union

from app.accounts.models import Offer
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db


def one_hand(one: int | None, other: int | None) -> bool:
    """Whether these two users may be the same person. False where either is nobody."""
    if one is None or other is None:
        return False
    return bool(_before(one) & _before(other))


def _before(user_id: int) -> set[int]:
    """The user, and everybody who led to their account."""
    found, fresh = {user_id}, {user_id}
    while fresh:
        fresh = _makers(fresh) - found
        found |= fresh
    return found


def _makers(user_ids: Iterable[int]) -> set[int]:
    ids = list(user_ids)
    invited = select(Offer.asked_by_user_id).where(
        Offer.user_id.in_(ids), Offer.asked_by_user_id.is_not(None)
    )
    made = select(AuditEntry.actor_user_id).where(
        AuditEntry.subject_type == "users",
        AuditEntry.subject_id.in_(ids),
        AuditEntry.verb == AuditVerb.USER_CREATE,
        AuditEntry.actor_user_id.is_not(None),
    )
    return {each for each in db.session.scalars(union(invited, made)) if each is not None}
