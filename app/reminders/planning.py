"""Decide which reminders are due on a given day, and which waiting reminders to void.

This module does not use the database.

A step is due a number of days before a certificate expires, or after it. Only the latest step that
is due is sent. Older ones are skipped, and no step is sent more than 30 days late. The ledger
records handled steps for each expiry date. A new expiry date therefore starts all steps again, and
planning is idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from app.reminders.types import EXPIRY_CHANGED, CertificateFacts, DueReminder, SkipReason

MAX_DELAY = timedelta(days=30)  # reminders are never sent later than this


def step_due_on(expires_on: date, step_days: int) -> date:
    """Return the day on which a step is due. Step -1 is the day after expiry."""
    return expires_on - timedelta(days=step_days)


def steps_due(certificate: CertificateFacts, on: date) -> list[int]:
    """Return the steps that are due by `on`, latest first."""
    return sorted(
        {step for step in certificate.steps if step_due_on(certificate.expires_on, step) <= on}
    )


def plan_certificate(certificate: CertificateFacts, on: date) -> Iterator[DueReminder]:
    """Yield the reminders that are due for the certificate's unhandled steps.

    At most one of them has no reason to be skipped. That one is sent.
    """
    steps = steps_due(certificate, on)
    if not steps or steps[0] in certificate.handled_steps:
        return
    latest, *older = steps
    reason = _skip_reason(certificate, latest, on)
    yield _due_reminder(certificate, latest, reason)
    skips_all = reason is SkipReason.EXPIRED_WHEN_RECORDED
    for step in older:
        if step not in certificate.handled_steps:
            yield _due_reminder(
                certificate, step, reason if skips_all else SkipReason.LATER_STEP_DUE
            )


def plan_certificates(certificates: Iterable[CertificateFacts], on: date) -> list[DueReminder]:
    """Return the plans of all certificates, ordered by person and certificate."""
    ordered = sorted(
        certificates, key=lambda certificate: (certificate.person_id, certificate.certificate_id)
    )
    return [due for certificate in ordered for due in plan_certificate(certificate, on)]


def _due_reminder(
    certificate: CertificateFacts, step: int, reason: SkipReason | None
) -> DueReminder:
    return DueReminder(
        person_id=certificate.person_id,
        certificate_id=certificate.certificate_id,
        kind_id=certificate.kind_id,
        step_days=step,
        expires_on=certificate.expires_on,
        expiry_known=certificate.expiry_known,
        due_on=step_due_on(certificate.expires_on, step),
        channel=certificate.channel,
        reason=reason,
    )


def _skip_reason(certificate: CertificateFacts, step: int, on: date) -> SkipReason | None:
    """Return the reason the latest step is skipped, or None if it is to be sent.

    Permanent reasons take precedence over temporary ones.
    """
    checks: Sequence[tuple[bool, SkipReason]] = (
        (certificate.revoked, SkipReason.REVOKED),
        (certificate.renewed, SkipReason.RENEWED),
        (certificate.has_left, SkipReason.LEFT),
        (certificate.recorded_on > certificate.expires_on, SkipReason.EXPIRED_WHEN_RECORDED),
        (on - step_due_on(certificate.expires_on, step) > MAX_DELAY, SkipReason.TOO_LATE),
        (not certificate.approved, SkipReason.NOT_APPROVED),
        (certificate.away, SkipReason.AWAY),
        (not certificate.notice_given, SkipReason.NOTICE_NOT_GIVEN),
        (certificate.channel is None, SkipReason.NO_CONTACT),
        (
            certificate.expires_on < on and not certificate.contacted_before,
            SkipReason.NOT_CONTACTED_BEFORE,
        ),
    )
    return next((reason for applies, reason in checks if applies), None)


def reason_to_void(
    certificate: CertificateFacts | None, step_days: int, expires_on: date, on: date
) -> str | None:
    """Return why a waiting reminder must be voided, or None if it may be sent.

    `certificate` is None if the certificate no longer exists or no longer expires.
    """
    if certificate is None:
        return SkipReason.REVOKED.value
    if certificate.expires_on != expires_on:
        return EXPIRY_CHANGED
    later = any(step < step_days for step in steps_due(certificate, on))
    checks: Sequence[tuple[bool, SkipReason]] = (
        (certificate.revoked, SkipReason.REVOKED),
        (certificate.renewed, SkipReason.RENEWED),
        (certificate.has_left, SkipReason.LEFT),
        (not certificate.approved, SkipReason.NOT_APPROVED),
        (certificate.away, SkipReason.AWAY),
        (later, SkipReason.LATER_STEP_DUE),
    )
    return next((reason.value for applies, reason in checks if applies), None)
