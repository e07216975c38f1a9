"""Which certificates a refresher renews (docs/decisions/0038-what-a-refresher-renews.md).

A refresher renews every kind of the family that the person held before it and that can still be
renewed. Booking, sign-off, reminders, the catalogue and the import all use this module.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from app.certificates import expiry, queries
from app.core import clock


def renewable_kinds(
    person_ids: Collection[int], kind_id: int, on: date
) -> dict[int, tuple[int, ...]]:
    """Return the IDs of the kinds that a refresher for `kind_id` on this day renews, by person ID.

    The kinds are in the order of the programme file. People who hold none are left out.
    """
    family = queries.family_kind_ids(kind_id)
    held = queries.latest_expiries_by_kind(person_ids, family, clock.today(), awarded_before=on)
    rules = {each: expiry.rule_on(queries.kind_rules(each), on) for each in family}
    found: dict[int, tuple[int, ...]] = {}
    for person_id in set(person_ids):
        kinds = tuple(
            each
            for each in family
            if (person_id, each) in held
            and (rule := rules[each]) is not None
            and expiry.is_renewable(*held[person_id, each], rule, on)
        )
        if kinds:
            found[person_id] = kinds
    return found
