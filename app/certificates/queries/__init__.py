"""Queries for certificates.

A query for a day returns what it would have returned at the end of that day. Later confirmations,
revocations and adjustments do not count. Callers apply their scope: they pass the IDs of people
they may see, or narrow the query that is returned.
"""

from __future__ import annotations

from app.certificates.queries.certificates import (
    award_dates,
    certificate_by_code,
    certificate_by_id,
    certificate_id_by_claim,
    certificates_of,
    is_readable_by,
    latest_by_person,
    latest_expiries_by_kind,
    latest_expiry,
    lock_certificate,
    lock_certificates_of,
    lock_valid_certificates,
    longest_validities,
    longest_validity,
    not_renewed_of,
    to_certificate_row,
)
from app.certificates.queries.claims import claims_of, find_claim, open_claims
from app.certificates.queries.expiring import expiring_certificates
from app.certificates.queries.holders import (
    holder_ids_in_date,
    holders_in_date,
    holders_trained_since,
    is_in_effect_on,
    kinds_including,
    lapsed_holders,
    lapsing_holders,
    people_without_certificates,
)
from app.certificates.queries.issued import (
    IssuedCertificate,
    certificate_ids_by_key,
    issued_certificates,
    renewal_keys,
)
from app.certificates.queries.kinds import (
    family_kind_ids,
    kind_by_slug,
    kind_name,
    kind_rules,
    kind_slug,
    kinds,
    rules_of_kind_row,
)
from app.certificates.queries.renewed import KindRelations, is_renewed

__all__ = [
    "IssuedCertificate",
    "KindRelations",
    "is_renewed",
    "certificate_by_code",
    "certificate_by_id",
    "certificates_of",
    "claims_of",
    "expiring_certificates",
    "family_kind_ids",
    "find_claim",
    "award_dates",
    "holders_in_date",
    "holders_trained_since",
    "certificate_id_by_claim",
    "certificate_ids_by_key",
    "issued_certificates",
    "holder_ids_in_date",
    "is_in_effect_on",
    "kind_by_slug",
    "kind_name",
    "kind_slug",
    "kinds_including",
    "kinds",
    "latest_by_person",
    "latest_expiry",
    "lock_certificate",
    "lock_certificates_of",
    "lock_valid_certificates",
    "longest_validities",
    "longest_validity",
    "not_renewed_of",
    "open_claims",
    "lapsed_holders",
    "lapsing_holders",
    "people_without_certificates",
    "is_readable_by",
    "renewal_keys",
    "rules_of_kind_row",
    "kind_rules",
    "to_certificate_row",
    "latest_expiries_by_kind",
]
