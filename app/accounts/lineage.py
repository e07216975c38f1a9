"""Find accounts that could belong to the same person.

Two users are related if one of them created or invited the other, directly or through other users,
or if the same user created or invited both of them. Users who were created from the command line
have no creator.
"""

from __future__ import annotations

from app.accounts import queries


def are_related(first: int | None, second: int | None) -> bool:
    """Return whether two users are related. If either is None, return False."""
    if first is None or second is None:
        return False
    return bool(_user_and_creators(first) & _user_and_creators(second))


def _user_and_creators(user_id: int) -> set[int]:
    """Return the IDs of the user and of all direct and indirect creators."""
    found, new = {user_id}, {user_id}
    while new:
        new = queries.creator_ids(new) - found
        found |= new
    return found
