"""Finds accounts that could belong to the same person.

Two users are related if one of them created or invited the other, directly or through other users,
or if the same user created or invited both of them. Users who were created from the command line
have no creator.
"""

from __future__ import annotations

from app.accounts import queries


def are_related(one: int | None, other: int | None) -> bool:
    """Return whether two users are related. If either is None, return False."""
    if one is None or other is None:
        return False
    return bool(_user_and_creators(one) & _user_and_creators(other))


def _user_and_creators(user_id: int) -> set[int]:
    """Return the IDs of the user and of all direct and indirect creators."""
    found, new = {user_id}, {user_id}
    while new:
        new = queries.creator_ids(new) - found
        found |= new
    return found
