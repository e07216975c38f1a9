"""The certificates that a refresher renews (docs/decisions/0038-what-a-refresher-renews.md)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from app.certificates import expiry, queries
from app.core import clock


def renewable_kinds(
    person_ids: Collection[int], kind_id: int, on: date
) -> dict[int, tuple[int, ...]]:
    """Return the IDs of the kinds that a refresher on this day renews, by person ID.

    `kind_id` is the kind that the refresher is for. Includes other kinds of the same family that
    the person holds and can still renew, in the order of the programme file. People without a kind
    to renew are left out.
    """
    family = queries.family_kind_ids(kind_id)
    held = queries.latest_expiries_by_kind(person_ids, family, clock.today(), awarded_before=on)
    rules = {each: expiry.applicable_rule(queries.kind_rules(each), on) for each in family}
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
