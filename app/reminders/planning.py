"""Decide which reminders are due on a given day, and which waiting reminders to void.

This module does not use the database.

A reminder is due a number of days before or after a certificate expires. This number is called a
step. Only the latest due step is sent, and no later than 30 days after it was due. Handled steps
are recorded with the expiry date, so a new expiry date starts all steps again. Planning is
idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from app.reminders.types import EXPIRY_CHANGED, CertificateFacts, DueReminder, SkipReason

MAX_DELAY = timedelta(days=30)  # reminders are never sent later than this


def due_date(expires_on: date, step_days: int) -> date:
    """Return the day on which a step is due. Step -1 is the day after expiry."""
    return expires_on - timedelta(days=step_days)


def is_too_late(expires_on: date, step_days: int, on: date) -> bool:
    """Return whether it is too late on the day `on` to send a step that has not been sent yet."""
    return on - due_date(expires_on, step_days) > MAX_DELAY


def due_steps(certificate: CertificateFacts, on: date) -> list[int]:
    """Return the steps that are due by `on`, latest first."""
    return sorted(
        {step for step in certificate.steps if due_date(certificate.expires_on, step) <= on}
    )


def plan_certificate(certificate: CertificateFacts, on: date) -> Iterator[DueReminder]:
    """Yield the due reminders for the certificate's unhandled steps.

    At most one of them has to be sent. The others have a reason for being skipped.
    """
    steps = due_steps(certificate, on)
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


def is_reminder_due(certificate: CertificateFacts, step_days: int, on: date) -> bool:
    """Return whether a run would send a reminder if the given step had not been handled.

    The reminder may be for a later step of the certificate.
    """
    handled = certificate.handled_steps - {step_days}
    planned = plan_certificate(replace(certificate, handled_steps=handled), on)
    return any(due.reason is None for due in planned)


def plan_certificates(certificates: Iterable[CertificateFacts], on: date) -> list[DueReminder]:
    """Return the due reminders for all certificates, ordered by person and certificate."""
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
        due_on=due_date(certificate.expires_on, step),
        channel=certificate.channel,
        reason=reason,
    )


def _skip_reason(certificate: CertificateFacts, step: int, on: date) -> SkipReason | None:
    """Return the reason to skip the latest step, or None.

    Permanent reasons take precedence over temporary reasons.
    """
    checks: Sequence[tuple[bool, SkipReason]] = (
        (certificate.revoked, SkipReason.REVOKED),
        (certificate.renewed, SkipReason.RENEWED),
        (certificate.has_left, SkipReason.LEFT),
        (certificate.recorded_on > certificate.expires_on, SkipReason.EXPIRED_WHEN_RECORDED),
        (is_too_late(certificate.expires_on, step, on), SkipReason.TOO_LATE),
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
    """Return the reason to void a waiting reminder, or None.

    `certificate` is None if the certificate no longer exists or no longer expires.
    """
    if certificate is None:
        return SkipReason.REVOKED.value
    if certificate.expires_on != expires_on:
        return EXPIRY_CHANGED
    later = any(step < step_days for step in due_steps(certificate, on))
    checks: Sequence[tuple[bool, SkipReason]] = (
        (certificate.revoked, SkipReason.REVOKED),
        (certificate.renewed, SkipReason.RENEWED),
        (certificate.has_left, SkipReason.LEFT),
        (not certificate.approved, SkipReason.NOT_APPROVED),
        (certificate.away, SkipReason.AWAY),
        (later, SkipReason.LATER_STEP_DUE),
    )
    return next((reason.value for applies, reason in checks if applies), None)
