"""What holders, staff and the public may see of certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from app.accounts import writers
from app.certificates import documents, queries, service
from app.certificates.codes import initials, read_code
from app.certificates.types import (
    CertificateRow,
    CertificateState,
    Checked,
    CheckStatus,
)
from app.core import audit
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.core.permissions import SIGNED_IN
from app.organisations.queries import secrecy
from app.people.queries import get_visible

_STATUS = {
    CertificateState.IN_DATE: CheckStatus.IN_DATE,
    CertificateState.LAPSES_SOON: CheckStatus.IN_DATE,
    CertificateState.LAPSED: CheckStatus.LAPSED,
    CertificateState.REVOKED: CheckStatus.REVOKED,
    CertificateState.UNDATED: CheckStatus.UNDATED,
}


def kind_choices() -> Sequence[tuple[str, str]]:
    """(slug, name with awarding body) of every kind."""
    return [(kind.slug, f"{kind.name}, {kind.awarding_body}") for kind in queries.kinds()]


def of_person(actor: Actor, person_id: int, on: date) -> list[CertificateRow]:
    """A person's certificates, for who may read them. Raises NotFound."""
    get_visible(Scope.of(actor), person_id)
    return _shown_to(actor, queries.of_person(person_id, on))


def nameless_like(actor: Actor, person_id: int, on: date) -> list[CertificateRow]:
    """Certificates made out to this person's name that belong to nobody yet."""
    person = get_visible(Scope.of(actor), person_id)
    return _shown_to(actor, queries.nameless_like(person.full_name, on))


def _shown_to(actor: Actor, rows: Sequence[CertificateRow]) -> list[CertificateRow]:
    """The rows, all of one person, without a provider that resembles an organisation hidden from
    the actor, and without words that are not for them.
    """
    own = bool(rows) and rows[0].person_id is not None and rows[0].person_id == actor.person_id
    scope = Scope.own(actor) if own else Scope.of(actor)
    known = secrecy.known_names(scope, [row.provider for row in rows if row.provider])
    rows = _without_words(scope, rows)
    return [row if row.provider in known else replace(row, provider=None) for row in rows]


def _without_words(scope: Scope, rows: Sequence[CertificateRow]) -> Sequence[CertificateRow]:
    """The rows without the reasons that the reader may not read."""
    revoked = [row.id for row in rows if row.revoked_reason]
    why = writers.of_actions(scope, AuditVerb.CERTIFICATE_REVOKE, "certificates", revoked)
    moved = {each.made_by_user_id for row in rows for each in row.adjustments}
    known = writers.readable(scope, moved) if moved else moved
    return [
        replace(
            row,
            revoked_reason=row.revoked_reason if row.id in why else None,
            adjustments=tuple(
                each if each.made_by_user_id in known else replace(each, reason=None)
                for each in row.adjustments
            ),
        )
        for row in rows
    ]


def find(actor: Actor, certificate_id: int, on: date) -> CertificateRow:
    """One certificate, for its holder and for who may read the holder. Raises NotFound.

    One without a person is for coordinators, who may read everybody.
    """
    row = queries.by_id(certificate_id, on, queries.known_to(actor, on))
    if row is None:
        raise NotFound()
    return _shown_to(actor, [row])[0]


def record_pdf(actor: Actor, certificate_id: int, on: date) -> bytes:
    """The record of training (or our own certificate) as a PDF. Raises NotFound.

    Revoked and unconfirmed ones have no paper.
    """
    actor.require(SIGNED_IN)
    row = find(actor, certificate_id, on)
    if row.state in (CertificateState.REVOKED, CertificateState.UNCONFIRMED):
        raise NotFound()
    if row.person_id != actor.person_id:
        audit.record(actor, AuditVerb.CERTIFICATE_EXPORT, "certificates", row.id)
    return documents.record_of_training(row)


def check(typed: str, on: date) -> Checked | None:
    """What anybody may know of a code; None: no certificate has it."""
    row = queries.by_code(read_code(typed), on)
    if row is None or row.state not in _STATUS:
        return None
    status = _STATUS[row.state]
    if row.replaced and status is not CheckStatus.REVOKED:
        status = CheckStatus.REPLACED
    return Checked(
        status=status,
        kind_name=row.kind_name,
        awarding_body=row.awarding_body,
        own=row.own,
        initials=initials(row.holder_name),
        awarded_on=row.awarded_on,
        award_known=row.award_known,
        expires_on=row.expires_on,
        expiry_basis=row.expiry_basis,
        revoked_on=row.revoked_on,
        code=row.code,
    )


def revoke(actor: Actor, certificate_id: int, reason: str, on: date) -> None:
    """Revoke a certificate of somebody whom the actor may read."""
    actor.require("certificates:confirm")
    find(actor, certificate_id, on)
    service.revoke(actor, certificate_id, reason)


def describe(
    actor: Actor, certificate_id: int, number: str, course_reference: str, on: date
) -> None:
    """Note the awarding body's numbers on a certificate of somebody whom the actor may read."""
    actor.require("certificates:confirm")
    find(actor, certificate_id, on)
    service.describe(actor, certificate_id, number=number, course_reference=course_reference)


def adjust(actor: Actor, certificate_id: int, days: int, reason: str, on: date) -> None:
    """Move the last day of a certificate of somebody whom the actor may read."""
    actor.require("certificates:confirm")
    find(actor, certificate_id, on)
    service.adjust(actor, certificate_id, days, reason)


def undo_adjustment(actor: Actor, certificate_id: int, adjustment_id: int, on: date) -> None:
    """Undo one of its adjustments."""
    actor.require("certificates:confirm")
    row = find(actor, certificate_id, on)
    if adjustment_id not in {each.id for each in row.adjustments}:
        raise NotFound()
    service.undo_adjustment(actor, adjustment_id)
