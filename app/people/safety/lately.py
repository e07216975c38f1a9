"""Wishes that somebody signed in as a person set lately, and those that counted before.

Whoever holds a signed-in device can ask for silence in the person's name. So for some days the
letter that says that something changed goes by the wishes from before. The old mailbox of somebody
protected may be dangerous, so for them a coordinator gets a line on the call list instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from app.core.in_force import is_over
from app.people.queries.ways import safe_contacts_since
from app.people.safety.types import Wishes

LATELY = timedelta(days=7)


def before(person_ids: Iterable[int], on: date) -> dict[int, Wishes | None]:
    """Person id → the wishes that counted before (None: none), for those whose wishes of a day were
    set on their own page within the last week. One statement.
    """
    found: dict[int, Wishes | None] = {}
    settled: dict[int, Wishes | None] = {}
    for row, by_themself in safe_contacts_since(person_ids, on - LATELY, on):
        if not (by_themself and row.from_on > on - LATELY):
            settled[row.person_id] = row.wishes
            found.pop(row.person_id, None)
        elif not is_over(row, on):
            found[row.person_id] = settled.get(row.person_id)
    return found
