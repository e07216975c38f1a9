"""Wishes that a signed-in person changed recently, and the wishes that were in force before.

Anybody with access to a signed-in device could ask for no contact in the person's name. So for some
days, the letter that says that something changed follows the earlier wishes. For a protected person
the old mailbox may be dangerous, so a coordinator gets a line on the call list instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from app.core.in_force import is_over
from app.people.queries.contacts import safe_contacts_since
from app.people.safety.types import Wishes

RECENT = timedelta(days=7)


def earlier_wishes(person_ids: Iterable[int], on: date) -> dict[int, Wishes | None]:
    """Return the wishes that were in force before, by person id. None means no wishes.

    The result covers only people whose current wishes were set on their own page within the last
    week. This is one statement.
    """
    found: dict[int, Wishes | None] = {}
    settled: dict[int, Wishes | None] = {}
    for row, by_own_user in safe_contacts_since(person_ids, on - RECENT, on):
        if not (by_own_user and row.from_on > on - RECENT):
            settled[row.person_id] = row.wishes
            found.pop(row.person_id, None)
        elif not is_over(row, on):
            found[row.person_id] = settled.get(row.person_id)
    return found
