"""Which accounts may be in one hand: those that somebody made or invited, and so on from there.

Two accounts count as one hand when one led to the other, or somebody led to both. An account that
the command line made has nobody before it.
"""

from __future__ import annotations

from app.accounts import queries


def one_hand(one: int | None, other: int | None) -> bool:
    """Whether these two users may be the same person. False where either is nobody."""
    if one is None or other is None:
        return False
    return bool(_before(one) & _before(other))


def _before(user_id: int) -> set[int]:
    """The user, and everybody who led to their account."""
    found, fresh = {user_id}, {user_id}
    while fresh:
        fresh = queries.makers(fresh) - found
        found |= fresh
    return found
