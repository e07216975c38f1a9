"""Issue, record, revoke and adjust certificates.

Callers must check that the actor is allowed to see the person (claims.py, access.py).
"""

from __future__ import annotations

import secrets
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.certificates import anniversaries, expiry, queries
from app.certificates.codes import ALPHABET, CODE_LENGTH
from app.certificates.models import Adjustment, Certificate, CertificateKind
from app.certificates.types import (
    MAX_ADJUSTMENT_DAYS,
    CertificateSource,
    DatePrecision,
    ExpiryBasis,
    ExternalTraining,
    LastDay,
)
from app.core import audit, clock, words
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound


def new_code() -> str:
    """Return a random check code of 28 letters and digits (140 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def issue_certificate(
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
    """Issue a certificate for a completed course, and return its ID.

    `key` identifies the reason for the award ("attendee:12:1"). Idempotent for each key. Pass
    either `person_id` or `holder_name`. The actor is recorded as the person who confirmed the
    certificate.
    """
    existing = queries.certificate_ids_by_key([key]).get(key)
    if existing is not None:
        return existing
    rule = expiry.applicable_rule(queries.kind_rules(kind_id), awarded_on)
    last_day = expiry.expiry_date(awarded_on, rule) if rule else None
    now = clock.now()
    certificate = Certificate(
        person_id=person_id,
        holder_name=holder_name,
        kind_id=kind_id,
        awarded_on=awarded_on,
        award_known=DatePrecision.DAY,
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
        concurrent = queries.certificate_ids_by_key([key]).get(key)
        if concurrent is None:
            raise
        return concurrent
    if person_id is not None:
        anniversaries.keep_anniversaries(actor, [person_id])
    return certificate.id


def record_external_training(
    actor: Actor,
    person_id: int,
    external_training: ExternalTraining,
    *,
    claim_id: int | None = None,
) -> int:
    """Record training from another provider, and return the certificate's ID.

    If the document shows no expiry date, the programme's rule sets it. If the award date is also
    unknown, the certificate has no expiry date and never counts as in date. Idempotent for each
    claim. Raises InvalidInput if the document shows a later expiry date than the rule allows and no
    reason is given.
    """
    if claim_id is not None:
        existing = queries.certificate_id_by_claim(claim_id)
        if existing is not None:
            return existing
    kind = queries.kind_by_slug(external_training.kind)
    if kind is None:
        raise InvalidInput(_("Choose what the certificate is for"), "kind")
    _check_dates(external_training.awarded_on, external_training.printed_expiry)
    _check_late_date(person_id, external_training)
    last = external_expiry(kind, external_training)
    now = clock.now()
    certificate = Certificate(
        person_id=person_id,
        kind_id=kind.id,
        awarded_on=external_training.awarded_on,
        award_known=external_training.precision,
        expires_on=last.on,
        expiry_known=last.known,
        expiry_basis=last.basis,
        source=CertificateSource.EXTERNAL,
        provider=external_training.provider or None,
        number=external_training.number or None,
        code=new_code(),
        claim_id=claim_id,
        recorded_at=now,
        confirmed_at=now,
        confirmed_by_user_id=actor.user_id,
    )
    with audit.acting(actor, AuditVerb.CERTIFICATE_RECORD, why=external_training.late_reason):
        db.session.add(certificate)
        db.session.flush()
    anniversaries.keep_anniversaries(actor, [person_id])
    return certificate.id


def _check_dates(awarded_on: date | None, printed_expiry: date | None) -> None:
    if awarded_on is not None and awarded_on > clock.today():
        raise InvalidInput(_("The date of the training must be today or in the past"), "awarded")
    if printed_expiry is not None and awarded_on is not None and printed_expiry < awarded_on:
        raise InvalidInput(
            _("The expiry date must be after the date of the training"), "printed_expiry"
        )


def _check_late_date(person_id: int, external_training: ExternalTraining) -> None:
    """Raise InvalidInput if the printed date is later than allowed and no reason is given."""
    latest = exceeded_expiry_limit(person_id, external_training)
    if latest is not None and not external_training.late_reason:
        raise InvalidInput(
            _(
                "The expiry date on the certificate is later than our rule allows. The latest"
                " date allowed is %(day)s. Check the date, and select what applies",
                day=words.long_date(latest),
            ),
            "late",
        )


def exceeded_expiry_limit(person_id: int, external_training: ExternalTraining) -> date | None:
    """Return the latest allowed expiry date, or None if the printed date is not later than it."""
    kind = queries.kind_by_slug(external_training.kind)
    if kind is None or external_training.printed_expiry is None:
        return None
    today = clock.today()
    awarded_on = external_training.awarded_on
    last_award = (
        expiry.latest_award_date(awarded_on, external_training.precision) if awarded_on else today
    )
    previous = queries.latest_expiry(person_id, kind.id, last_award)
    latest = expiry.latest_allowed_expiry(
        queries.rules_of_kind_row(kind),
        awarded_on,
        external_training.precision,
        previous.on if previous else None,
        today,
    )
    return latest if latest is not None and external_training.printed_expiry > latest else None


def external_expiry(kind: CertificateKind, external_training: ExternalTraining) -> LastDay:
    """Return the expiry date of an award from another provider."""
    if external_training.printed_expiry is not None:
        return LastDay(
            external_training.printed_expiry, external_training.printed_known, ExpiryBasis.PRINTED
        )
    awarded_on = external_training.awarded_on
    rule = expiry.applicable_rule(queries.rules_of_kind_row(kind), awarded_on or clock.today())
    if rule is None or rule.validity_months is None:
        return LastDay(None, DatePrecision.DAY, ExpiryBasis.NONE)
    if awarded_on is None:
        return LastDay(None, DatePrecision.UNKNOWN, ExpiryBasis.POLICY)
    known = expiry.expiry_precision(external_training.precision, rule)
    return LastDay(expiry.expiry_date(awarded_on, rule), known, ExpiryBasis.POLICY)


def _lock_certificate(certificate_id: int) -> Certificate:
    certificate = queries.lock_certificate(certificate_id)
    if certificate is None:
        raise NotFound()
    return certificate


def revoke_certificate(actor: Actor, certificate_id: int, reason: str) -> None:
    """Revoke a certificate, with a reason. Idempotent.

    Renewals that were extended because of this certificate lose their extension.
    """
    if not reason.strip():
        raise InvalidInput(_("Enter the reason"), "reason")
    with audit.acting(actor, AuditVerb.CERTIFICATE_REVOKE, why=reason):
        certificate = _lock_certificate(certificate_id)
        if certificate.revoked_at is not None:
            return
        certificate.revoked_at = clock.now()
        certificate.revoked_reason = reason
        db.session.flush()
    if certificate.person_id is not None:
        anniversaries.keep_anniversaries(actor, [certificate.person_id])


def revoke_and_free_key(actor: Actor, certificate_id: int, reason: str, *, new_key: str) -> None:
    """Revoke a certificate, and give it a new key so that the old key can be used again.

    Use this for certificates with the wrong holder or the wrong kind.
    """
    revoke_certificate(actor, certificate_id, reason)
    with audit.acting(actor, AuditVerb.CERTIFICATE_REVOKE, why=reason):
        _lock_certificate(certificate_id).key = new_key
        db.session.flush()


def adjust_expiry(actor: Actor, certificate_id: int, days: int, reason: str) -> int:
    """Move a certificate's expiry date by a number of days, and return the adjustment's ID."""
    if not reason.strip():
        raise InvalidInput(_("Enter the reason"), "reason")
    if days == 0 or abs(days) > MAX_ADJUSTMENT_DAYS:
        raise InvalidInput(
            _("Enter a number of days up to %(most)s", most=f"{MAX_ADJUSTMENT_DAYS:,}"), "days"
        )
    with audit.acting(actor, AuditVerb.CERTIFICATE_ADJUST, why=reason):
        certificate = _lock_certificate(certificate_id)
        if certificate.revoked_at is not None:
            raise Conflict(
                _("This certificate has been revoked, so you cannot change its expiry date.")
            )
        if certificate.expires_on is None:
            raise Conflict(_("This certificate has no expiry date to change."))
        certificate.expires_on = expiry.add_days(certificate.expires_on, days)
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
    """Undo an adjustment of a certificate's expiry date. Idempotent."""
    found = db.session.get(Adjustment, adjustment_id)
    if found is None:
        raise NotFound()
    with audit.acting(actor, AuditVerb.CERTIFICATE_UNDO_ADJUSTMENT):
        certificate = _lock_certificate(found.certificate_id)
        db.session.refresh(found)
        if found.undone_at is not None:
            return
        anniversaries.undo_extension(certificate, found)


def set_numbers(
    actor: Actor, certificate_id: int, *, number: str | None, course_reference: str | None
) -> None:
    """Set the awarding body's certificate number and course ID."""
    with audit.acting(actor, AuditVerb.CERTIFICATE_SET_NUMBERS):
        certificate = _lock_certificate(certificate_id)
        certificate.number = number or None
        certificate.course_reference = course_reference or None


def link_to_person(actor: Actor, certificate_id: int, person_id: int) -> None:
    """Link a certificate to a person. Raises Conflict if it is already linked."""
    with audit.acting(actor, AuditVerb.CERTIFICATE_LINK):
        certificate = _lock_certificate(certificate_id)
        if certificate.person_id is not None:
            raise Conflict(_("This certificate already belongs to somebody."))
        certificate.person_id = person_id
        db.session.flush()
    anniversaries.keep_anniversaries(actor, [person_id])


def unlink_from_person(actor: Actor, certificate_id: int, holder_name: str) -> None:
    """Undo `link_to_person`, and record only the holder's name."""
    with audit.acting(actor, AuditVerb.CERTIFICATE_UNLINK):
        certificate = _lock_certificate(certificate_id)
        previous_person_id = certificate.person_id
        certificate.holder_name = certificate.holder_name or holder_name
        certificate.person_id = None
        db.session.flush()
    if previous_person_id is not None:
        anniversaries.keep_anniversaries(actor, [previous_person_id])


def move_certificates(actor: Actor, from_id: int, to_id: int) -> None:
    """Move all certificates from one person to another, after a merge."""
    with audit.acting(actor, AuditVerb.CERTIFICATE_LINK):
        for certificate in queries.lock_person_certificates(from_id):
            certificate.person_id = to_id
        db.session.flush()
    anniversaries.keep_anniversaries(actor, [to_id])
