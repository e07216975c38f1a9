"""Reads of certificates. As at any date they answer as they would have answered on that evening:
what was confirmed, revoked or adjusted later does not count yet.

Whose certificates may be read is the caller's Scope: these take ids of people already scoped, or
give a select of ids to be narrowed.
"""

from __future__ import annotations

from app.certificates.queries.certificates import (
    by_code,
    by_id,
    held,
    id_of_claim,
    ids_by_key,
    known_to,
    last_day_held,
    latest_by_person,
    latest_expiry,
    locked,
    nameless_like,
    of_person,
    of_person_locked,
    row_of,
)
from app.certificates.queries.claims import claim, claims_of
from app.certificates.queries.holders import (
    holders_in_date,
    holders_trained_since,
    ids_in_date,
    people_lapsed,
    people_lapsing,
    people_without,
    stands_on,
)
from app.certificates.queries.kinds import kind_by_slug, kinds, rules_from, rules_of

__all__ = [
    "by_code",
    "by_id",
    "claim",
    "claims_of",
    "held",
    "holders_in_date",
    "holders_trained_since",
    "ids_in_date",
    "id_of_claim",
    "ids_by_key",
    "kind_by_slug",
    "kinds",
    "known_to",
    "last_day_held",
    "latest_by_person",
    "latest_expiry",
    "locked",
    "nameless_like",
    "of_person",
    "of_person_locked",
    "people_lapsed",
    "people_lapsing",
    "people_without",
    "row_of",
    "rules_from",
    "rules_of",
    "stands_on",
]
