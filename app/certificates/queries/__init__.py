"""Queries for certificates.

A query with a date returns the result as at the end of that day, without later confirmations,
revocations and adjustments. Callers must limit the results to people that the actor can see.
"""

from __future__ import annotations

from app.certificates.queries.certificates import (
    award_dates,
    certificate_by_code,
    certificate_by_id,
    certificate_id_by_claim,
    is_readable_by,
    latest_certificates_by_person,
    latest_expiries_by_kind,
    latest_expiry,
    lock_certificate,
    lock_person_certificates,
    lock_valid_certificates,
    longest_validities,
    longest_validity,
    person_certificates,
    person_certificates_to_renew,
    to_certificate_row,
)
from app.certificates.queries.claims import find_claim, open_claims, person_claims
from app.certificates.queries.expiring import expiring_certificates
from app.certificates.queries.holders import (
    holders_trained_since,
    in_date_holder_ids,
    in_date_holders,
    is_in_effect,
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
    rules_by_kind,
    rules_of_kind_row,
)
from app.certificates.queries.renewed import KindRelations, is_renewed

__all__ = [
    "IssuedCertificate",
    "KindRelations",
    "is_renewed",
    "certificate_by_code",
    "certificate_by_id",
    "person_certificates",
    "person_claims",
    "expiring_certificates",
    "family_kind_ids",
    "find_claim",
    "award_dates",
    "in_date_holders",
    "holders_trained_since",
    "certificate_id_by_claim",
    "certificate_ids_by_key",
    "issued_certificates",
    "in_date_holder_ids",
    "is_in_effect",
    "kind_by_slug",
    "kind_name",
    "kind_slug",
    "kinds_including",
    "kinds",
    "latest_certificates_by_person",
    "latest_expiry",
    "lock_certificate",
    "lock_person_certificates",
    "lock_valid_certificates",
    "longest_validities",
    "longest_validity",
    "person_certificates_to_renew",
    "open_claims",
    "lapsed_holders",
    "lapsing_holders",
    "people_without_certificates",
    "is_readable_by",
    "renewal_keys",
    "rules_by_kind",
    "rules_of_kind_row",
    "kind_rules",
    "to_certificate_row",
    "latest_expiries_by_kind",
]
