"""Functions that let holders, staff and the public see and change certificates.

Each function checks that the actor is allowed to see the certificate's holder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from app.accounts import writers
from app.certificates import documents, queries, service
from app.certificates.codes import initials, normalise_code
from app.certificates.types import (
    CertificateRow,
    CertificateState,
    CheckResult,
    CheckStatus,
)
from app.core import audit
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.core.permissions import USE_ACCOUNT
from app.organisations.queries import secrecy
from app.people.queries import get_visible
from app.people.queries.locking import lock_people

_STATUS = {
    CertificateState.IN_DATE: CheckStatus.IN_DATE,
    CertificateState.LAPSES_SOON: CheckStatus.IN_DATE,
    CertificateState.LAPSED: CheckStatus.LAPSED,
    CertificateState.REVOKED: CheckStatus.REVOKED,
    CertificateState.UNDATED: CheckStatus.UNDATED,
}


def kind_choices() -> Sequence[tuple[str, str]]:
    """Return the slug and label of every kind of certificate."""
    return [(kind.slug, f"{kind.name}, {kind.awarding_body}") for kind in queries.kinds()]


def person_certificates(actor: Actor, person_id: int, on: date) -> list[CertificateRow]:
    """Return a person's certificates. Raises NotFound if the actor cannot see the person."""
    get_visible(Scope.for_actor(actor), person_id)
    return _redact_certificates(actor, queries.person_certificates(person_id, on))


def _redact_certificates(actor: Actor, rows: Sequence[CertificateRow]) -> list[CertificateRow]:
    """Remove the details of a person's certificates that the actor is not allowed to see."""
    is_self = bool(rows) and rows[0].person_id is not None and rows[0].person_id == actor.person_id
    scope = Scope.for_own_record(actor) if is_self else Scope.for_actor(actor)
    visible = secrecy.visible_names(scope, [row.provider for row in rows if row.provider])
    rows = _remove_hidden_reasons(scope, rows)
    return [row if row.provider in visible else replace(row, provider=None) for row in rows]


def _remove_hidden_reasons(
    scope: Scope, rows: Sequence[CertificateRow]
) -> Sequence[CertificateRow]:
    revoked = [row.id for row in rows if row.revoked_reason]
    readable = writers.rows_with_readable_notes(
        scope, AuditVerb.CERTIFICATE_REVOKE, "certificates", revoked
    )
    adjusters = {each.made_by_user_id for row in rows for each in row.adjustments}
    readable_adjusters = writers.readable_writers(scope, adjusters) if adjusters else adjusters
    return [
        replace(
            row,
            revoked_reason=row.revoked_reason if row.id in readable else None,
            adjustments=tuple(
                each if each.made_by_user_id in readable_adjusters else replace(each, reason=None)
                for each in row.adjustments
            ),
        )
        for row in rows
    ]


def find_certificate(actor: Actor, certificate_id: int, on: date) -> CertificateRow:
    """Return a certificate. Raises NotFound if the actor is not allowed to see its holder.

    If the certificate is not linked to a person, only actors who can see everyone can see it.
    """
    row = queries.certificate_by_id(certificate_id, on, queries.is_readable_by(actor, on))
    if row is None:
        raise NotFound()
    return _redact_certificates(actor, [row])[0]


def record_pdf(actor: Actor, certificate_id: int, on: date) -> bytes:
    """Return the certificate or record of training as a PDF.

    Raises NotFound if the certificate has been revoked or has not been confirmed.
    """
    actor.require(USE_ACCOUNT)
    row = find_certificate(actor, certificate_id, on)
    if row.state in (CertificateState.REVOKED, CertificateState.UNCONFIRMED):
        raise NotFound()
    if row.person_id != actor.person_id:
        audit.record(actor, AuditVerb.CERTIFICATE_EXPORT, "certificates", row.id)
    return documents.render_document(row)


def check_code(text: str, on: date) -> CheckResult | None:
    """Return the public details of the certificate with this check code, or None."""
    row = queries.certificate_by_code(normalise_code(text), on)
    if row is None or row.state not in _STATUS:
        return None
    status = _STATUS[row.state]
    if row.replaced and status is not CheckStatus.REVOKED:
        status = CheckStatus.REPLACED
    return CheckResult(
        status=status,
        kind_name=row.kind_name,
        awarding_body=row.awarding_body,
        own=row.own,
        initials=initials(row.holder_name),
        awarded_on=row.awarded_on,
        award_known=row.award_known,
        expires_on=row.expires_on,
        expiry_known=row.expiry_known,
        expiry_basis=row.expiry_basis,
        revoked_on=row.revoked_on,
        code=row.code,
        last_change=row.last_change,
    )


def revoke_certificate(actor: Actor, certificate_id: int, reason: str, on: date) -> None:
    """Revoke a certificate. Raises NotFound if the actor is not allowed to see its holder."""
    actor.require("certificates:confirm")
    _lock_holder(actor, certificate_id, on)
    service.revoke_certificate(actor, certificate_id, reason)


def _lock_holder(actor: Actor, certificate_id: int, on: date) -> None:
    """Lock the holder of a certificate, because the holder's other certificates may change too.

    Raises NotFound if the actor is not allowed to see the holder. A merge may move the certificate
    to another person while we wait for the lock.
    """
    locked, row = None, find_certificate(actor, certificate_id, on)
    while row.person_id is not None and row.person_id != locked:
        lock_people([row.person_id])
        locked, row = row.person_id, find_certificate(actor, certificate_id, on)


def set_numbers(
    actor: Actor, certificate_id: int, number: str, course_reference: str, on: date
) -> None:
    """Set the awarding body's numbers. Raises NotFound if the actor cannot see the holder."""
    actor.require("certificates:confirm")
    find_certificate(actor, certificate_id, on)
    service.set_numbers(actor, certificate_id, number=number, course_reference=course_reference)


def adjust_expiry(actor: Actor, certificate_id: int, days: int, reason: str, on: date) -> None:
    """Change a certificate's expiry date. Raises NotFound if the actor cannot see the holder."""
    actor.require("certificates:confirm")
    find_certificate(actor, certificate_id, on)
    service.adjust_expiry(actor, certificate_id, days, reason)


def undo_adjustment(actor: Actor, certificate_id: int, adjustment_id: int, on: date) -> None:
    """Undo a change to an expiry date.

    Raises NotFound if the adjustment belongs to a different certificate.
    """
    actor.require("certificates:confirm")
    row = find_certificate(actor, certificate_id, on)
    if adjustment_id not in {each.id for each in row.adjustments}:
        raise NotFound()
    service.undo_adjustment(actor, adjustment_id)
