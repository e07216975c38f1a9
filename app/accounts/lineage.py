"""Accounts that might belong to the same person, because one person created or invited both.

Two accounts are related if one user created or invited the other, directly or through further
accounts, or if the same user created or invited both. An account created from the command line has
no origin.
"""

from __future__ import annotations

from app.accounts import queries


def are_related(one: int | None, other: int | None) -> bool:
    """Return whether two users are related. Returns False if either is None."""
    if one is None or other is None:
        return False
    return bool(_user_and_creators(one) & _user_and_creators(other))


def _user_and_creators(user_id: int) -> set[int]:
    """Return the user and everybody who created or invited them, directly or indirectly."""
    found, new = {user_id}, {user_id}
    while new:
        new = queries.creators(new) - found
        found |= new
    return found
