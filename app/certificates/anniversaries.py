"""Renewals that keep the anniversary of the earlier certificate (`keep_anniversary`).

A renewal can be recorded before the certificate that it renews. When the earlier certificate is
added, the renewal is extended by an adjustment, which staff can undo.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from flask_babel import gettext as _

from app.certificates import expiry, queries
from app.certificates.models import Adjustment, Certificate
from app.certificates.types import EarlyRenewal, ExpiryBasis, Rule
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db

CALCULATED_BASES = (ExpiryBasis.RULE, ExpiryBasis.POLICY)


def keep_anniversaries(actor: Actor, person_ids: Collection[int]) -> None:
    """Extend renewals that these people made in time, and undo extensions that no longer apply.

    Idempotent. Call it whenever the confirmed certificates of a person change.
    """
    if not person_ids:
        return
    rules_by_kind = {
        kind_id: rules
        for kind_id, rules in queries.rules_by_kind().items()
        if _has_anniversary_rule(rules)
    }
    if not rules_by_kind:
        return
    groups: dict[tuple[int | None, int], list[Certificate]] = {}
    for certificate in queries.lock_valid_certificates(person_ids, rules_by_kind):
        groups.setdefault((certificate.person_id, certificate.kind_id), []).append(certificate)
    with audit.acting(actor, AuditVerb.CERTIFICATE_ADJUST):
        for (_person_id, kind_id), certificates in groups.items():
            _undo_unsupported_extensions(certificates)
            for certificate in certificates:
                _extend_renewal(certificate, certificates, rules_by_kind[kind_id])
        db.session.flush()


def _has_anniversary_rule(rules: Sequence[Rule]) -> bool:
    return any(rule.early_renewal is EarlyRenewal.KEEP_ANNIVERSARY for rule in rules)


def _undo_unsupported_extensions(certificates: Sequence[Certificate]) -> None:
    """Undo extensions based on a certificate that the person no longer holds."""
    held_ids = {each.id for each in certificates}
    for certificate in certificates:
        for each in certificate.adjustments:
            is_unsupported = (
                each.counted_from_id is not None and each.counted_from_id not in held_ids
            )
            if is_unsupported and each.undone_at is None:
                undo_extension(certificate, each)


def undo_extension(certificate: Certificate, adjustment: Adjustment) -> None:
    """Undo an adjustment made by this module or by staff."""
    adjustment.undone_at = clock.now()
    if certificate.expires_on is not None:
        certificate.expires_on = expiry.add_days(certificate.expires_on, -adjustment.days)
    if adjustment.counted_from_id is not None and certificate.awarded_on is not None:
        rule = expiry.applicable_rule(
            queries.rules_of_kind_row(certificate.kind), certificate.awarded_on
        )
        certificate.expiry_known = expiry.expiry_precision(certificate.award_known, rule)


def _extend_renewal(
    certificate: Certificate, certificates: Sequence[Certificate], rules: Sequence[Rule]
) -> None:
    awarded_on, last_day = certificate.awarded_on, certificate.expires_on
    if awarded_on is None or last_day is None or certificate.expiry_basis not in CALCULATED_BASES:
        return
    earlier = _find_renewed_certificate(certificate, certificates)
    rule = expiry.applicable_rule(rules, awarded_on)
    if earlier is None or earlier.expires_on is None or rule is None:
        return
    latest = expiry.latest_award_date(awarded_on, certificate.award_known)
    if not expiry.keeps_anniversary(awarded_on, rule, earlier.expires_on, latest):
        return
    if any(each.counted_from_id == earlier.id for each in certificate.adjustments):
        return  # already made, and perhaps undone by staff
    kept = expiry.expiry_date(awarded_on, rule, earlier.expires_on, latest)
    days = (kept - _expiry_without_staff_changes(certificate, last_day)).days if kept else 0
    if days > 0:
        certificate.expires_on = expiry.add_days(last_day, days)
        certificate.expiry_known = earlier.expiry_known
        certificate.adjustments.append(
            Adjustment(
                days=days,
                reason=_("Renewed in time, so it starts when the earlier certificate ends"),
                made_at=clock.now(),
                counted_from_id=earlier.id,
            )
        )


def _find_renewed_certificate(
    certificate: Certificate, certificates: Sequence[Certificate]
) -> Certificate | None:
    """Return the certificate that expires last among those awarded before this one."""
    earlier = [
        each
        for each in certificates
        if each.awarded_on and certificate.awarded_on and each.awarded_on < certificate.awarded_on
    ]
    return max(earlier, key=lambda each: each.expires_on or date.min, default=None)


def _expiry_without_staff_changes(certificate: Certificate, last_day: date) -> date:
    by_staff = sum(
        each.days
        for each in certificate.adjustments
        if each.undone_at is None and each.counted_from_id is None
    )
    return expiry.add_days(last_day, -by_staff)
