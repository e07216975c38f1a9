"""Queries for certificates.

A query for a day returns what it would have returned at the end of that day. Later confirmations,
revocations and adjustments do not count. Callers apply their scope: they pass the IDs of people
they may see, or narrow the query that is returned.
"""

from __future__ import annotations

from app.certificates.queries.certificates import (
    by_code,
    by_id,
    certificates_of,
    held_awards,
    id_by_claim,
    latest_by_person,
    latest_expiry,
    lock_certificate,
    lock_certificates_of,
    lock_counted,
    longest_validities,
    longest_validity,
    readable_by,
    to_row,
    valid_expiries,
)
from app.certificates.queries.claims import claims_of, find_claim, open_claims
from app.certificates.queries.expiring import expiring_certificates
from app.certificates.queries.holders import (
    holders_in_date,
    holders_trained_since,
    ids_in_date,
    in_effect_on,
    kinds_including,
    lapsed_holders,
    lapsing_holders,
    people_without_certificates,
)
from app.certificates.queries.issued import (
    IssuedCertificate,
    ids_by_key,
    issued_by_key,
    renewal_keys,
)
from app.certificates.queries.kinds import (
    family_of,
    kind_by_slug,
    kind_name_of,
    kind_slug_of,
    kinds,
    rules_from,
    rules_of,
)
from app.certificates.queries.renewed import KindRelations, is_renewed

__all__ = [
    "IssuedCertificate",
    "KindRelations",
    "is_renewed",
    "by_code",
    "by_id",
    "certificates_of",
    "claims_of",
    "expiring_certificates",
    "family_of",
    "find_claim",
    "held_awards",
    "holders_in_date",
    "holders_trained_since",
    "id_by_claim",
    "ids_by_key",
    "issued_by_key",
    "ids_in_date",
    "in_effect_on",
    "kind_by_slug",
    "kind_name_of",
    "kind_slug_of",
    "kinds_including",
    "kinds",
    "latest_by_person",
    "latest_expiry",
    "lock_certificate",
    "lock_certificates_of",
    "lock_counted",
    "longest_validities",
    "longest_validity",
    "open_claims",
    "lapsed_holders",
    "lapsing_holders",
    "people_without_certificates",
    "readable_by",
    "renewal_keys",
    "rules_from",
    "rules_of",
    "to_row",
    "valid_expiries",
]
