"""Awarding, recording, revoking and adjusting certificates. Nothing is ever overwritten.

Who may read the person concerned is settled before these are called (claims.py, the views).
"""

from __future__ import annotations

import secrets
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.certificates import expiry, queries
from app.certificates.codes import ALPHABET, CODE_LENGTH
from app.certificates.models import Adjustment, Certificate, CertificateKind
from app.certificates.types import (
    LONGEST_ADJUSTMENT,
    CertificateSource,
    DateKnown,
    ExpiryBasis,
)
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound


def new_code() -> str:
    """A check code: 140 random bits as 28 letters and digits, none of which look alike."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def issue(
    actor: Actor,
    *,
    kind_id: int,
    awarded_on: date,
    key: str,
    person_id: int | None = None,
    holder_name: str | None = None,
    provider: str | None = None,
    course_reference: str | None = None,
) -> int:
    """Award a certificate for a completed course; returns its id.

    key: what it is for ("attendee:12:1"): a second call with it changes nothing. The holder is a
    person, or a name. It counts from now on (confirmed by who signs the course off).
    """
    known = queries.ids_by_key([key]).get(key)
    if known is not None:
        return known
    rule = expiry.rule_on(queries.rules_of(kind_id), awarded_on)
    previous = queries.latest_expiry(person_id, kind_id, awarded_on) if person_id else None
    last_day = expiry.expires_on(awarded_on, rule, previous) if rule else None
    now = clock.now()
    certificate = Certificate(
        person_id=person_id,
        holder_name=holder_name,
        kind_id=kind_id,
        awarded_on=awarded_on,
        award_known=DateKnown.DAY,
        expires_on=last_day,
        expiry_basis=ExpiryBasis.RULE if last_day else ExpiryBasis.NONE,
        source=CertificateSource.COURSE,
        provider=provider,
        course_reference=course_reference,
        code=new_code(),
        key=key,
        recorded_at=now,
        confirmed_at=now,
        confirmed_by_user_id=actor.user_id,
    )
    try:
        with audit.acting(actor, AuditVerb.CERTIFICATE_ISSUE), db.session.begin_nested():
            db.session.add(certificate)
    except IntegrityError:
        raced = queries.ids_by_key([key]).get(key)
        if raced is None:
            raise
        return raced
    return certificate.id


def record_external(
    actor: Actor,
    person_id: int,
    kind_slug: str,
    *,
    awarded_on: date | None,
    known: DateKnown,
    provider: str,
    number: str | None = None,
    printed_expiry: date | None = None,
    source: CertificateSource,
    claim_id: int | None = None,
    confirmed: bool,
) -> int:
    """Record training done elsewhere or long ago; returns the certificate's id.

    Where the paper shows no expiry (printed_expiry None), the programme's policy date is used and
    called that; with no award date either, there is none and it counts nowhere as in date. A claim
    gives one certificate: a second call for it changes nothing.
    """
    if claim_id is not None:
        recorded = queries.id_of_claim(claim_id)
        if recorded is not None:
            return recorded
    kind = queries.kind_by_slug(kind_slug)
    if kind is None:
        raise InvalidInput(_("Choose what the certificate is for"), "kind")
    _check_dates(awarded_on, printed_expiry)
    last_day, basis = external_expiry(kind, awarded_on, printed_expiry)
    now = clock.now()
    certificate = Certificate(
        person_id=person_id,
        kind_id=kind.id,
        awarded_on=awarded_on,
        award_known=known,
        expires_on=last_day,
        expiry_basis=basis,
        source=source,
        provider=provider or None,
        number=number or None,
        code=new_code(),
        claim_id=claim_id,
        recorded_at=now,
        confirmed_at=now if confirmed else None,
        confirmed_by_user_id=actor.user_id if confirmed else None,
    )
    with audit.acting(actor, AuditVerb.CERTIFICATE_RECORD):
        db.session.add(certificate)
    return certificate.id


def _check_dates(awarded_on: date | None, printed_expiry: date | None) -> None:
    if awarded_on is not None and awarded_on > clock.today():
        raise InvalidInput(_("The training must have ended today or earlier"), "awarded")
    if printed_expiry is not None and awarded_on is not None and printed_expiry < awarded_on:
        raise InvalidInput(_("The expiry date must be after the training"), "printed_expiry")


def external_expiry(
    kind: CertificateKind, awarded_on: date | None, printed: date | None
) -> tuple[date | None, ExpiryBasis]:
    """The last day in date of an award from elsewhere, and where that day comes from."""
    if printed is not None:
        return printed, ExpiryBasis.PRINTED
    rules = queries.rules_from(kind)
    rule = expiry.rule_on(rules, awarded_on or clock.today())
    if rule is None or rule.validity_months is None:
        return None, ExpiryBasis.NONE
    if awarded_on is None:
        return None, ExpiryBasis.POLICY
    return expiry.expires_on(awarded_on, rule), ExpiryBasis.POLICY


def _locked(certificate_id: int) -> Certificate:
    certificate = queries.locked(certificate_id)
    if certificate is None:
        raise NotFound()
    return certificate


def revoke(actor: Actor, certificate_id: int, reason: str) -> None:
    """Take a certificate back, from now on, for a reason; the check page then says so."""
    if not reason.strip():
        raise InvalidInput(_("Enter the reason"), "reason")
    with audit.acting(actor, AuditVerb.CERTIFICATE_REVOKE, why=reason):
        certificate = _locked(certificate_id)
        if certificate.revoked_at is not None:
            return
        certificate.revoked_at = clock.now()
        certificate.revoked_reason = reason


def adjust(actor: Actor, certificate_id: int, days: int, reason: str) -> int:
    """Move a certificate's last day by `days` (negative: back), for a reason; returns the id."""
    if not reason.strip():
        raise InvalidInput(_("Enter the reason"), "reason")
    if days == 0 or abs(days) > LONGEST_ADJUSTMENT:
        raise InvalidInput(
            _("Enter a number of days up to %(most)s", most=f"{LONGEST_ADJUSTMENT:,}"), "days"
        )
    with audit.acting(actor, AuditVerb.CERTIFICATE_ADJUST, why=reason):
        certificate = _locked(certificate_id)
        if certificate.revoked_at is not None:
            raise Conflict(
                _("This certificate has been revoked, so you cannot change its expiry date.")
            )
        if certificate.expires_on is None:
            raise Conflict(_("This certificate has no expiry date to change."))
        certificate.expires_on = expiry.extended(certificate.expires_on, days)
        adjustment = Adjustment(
            certificate_id=certificate.id,
            days=days,
            reason=reason,
            made_at=clock.now(),
            made_by_user_id=actor.user_id,
        )
        db.session.add(adjustment)
        db.session.flush()
    return adjustment.id


def undo_adjustment(actor: Actor, adjustment_id: int) -> None:
    """Put the last day back where it was; undoing twice changes nothing."""
    found = db.session.get(Adjustment, adjustment_id)
    if found is None:
        raise NotFound()
    with audit.acting(actor, AuditVerb.CERTIFICATE_UNDO_ADJUSTMENT):
        certificate = _locked(found.certificate_id)
        db.session.refresh(found)
        if found.undone_at is not None:
            return
        found.undone_at = clock.now()
        if certificate.expires_on is not None:
            certificate.expires_on = expiry.extended(certificate.expires_on, -found.days)


def describe(
    actor: Actor, certificate_id: int, *, number: str | None, course_reference: str | None
) -> None:
    """Note what the awarding body calls the certificate and its course, known often only later."""
    with audit.acting(actor, AuditVerb.CERTIFICATE_DESCRIBE):
        certificate = _locked(certificate_id)
        certificate.number = number or None
        certificate.course_reference = course_reference or None


def tie(actor: Actor, certificate_id: int, person_id: int) -> None:
    """A certificate made out to a name belongs to this person."""
    with audit.acting(actor, AuditVerb.CERTIFICATE_TIE):
        certificate = _locked(certificate_id)
        if certificate.person_id is not None:
            raise Conflict(_("This certificate already belongs to somebody."))
        certificate.person_id = person_id


def hand_over(actor: Actor, from_id: int, to_id: int) -> None:
    """All certificates of one person belong to another: the two are one."""
    with audit.acting(actor, AuditVerb.CERTIFICATE_TIE):
        for certificate in queries.of_person_locked(from_id):
            certificate.person_id = to_id
