"""Which reminder should exist on a day, and which waiting one should not. Pure.

A step of a certificate falls due so many days before it expires (or after). Only the latest step
that is due goes; the older ones are marked as skipped, and one that fell due more than 30 days ago
never goes. What was dealt with stands in the ledger, by the expiry date it spoke of, so that an
extension starts the steps afresh, and running again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from app.reminders.types import EXPIRY_CHANGED, CertificateFacts, Due, Skip

LATEST = timedelta(days=30)  # a step older than this never goes


def due_on(expires_on: date, step_days: int) -> date:
    """The day a step falls due. `step_days` below 1 is after expiry: -1 is the day after."""
    return expires_on - timedelta(days=step_days)


def steps_due(held: CertificateFacts, on: date) -> list[int]:
    """The steps that have fallen due by `on`, the latest first."""
    return sorted({step for step in held.steps if due_on(held.expires_on, step) <= on})


def plan(held: CertificateFacts, on: date) -> Iterator[Due]:
    """What should become of the certificate's steps that the ledger has not dealt with.

    At most one of them has no reason against it: that one goes.
    """
    steps = steps_due(held, on)
    if not steps or steps[0] in held.settled:
        return
    latest, *older = steps
    reason = _reason(held, latest, on)
    yield _due(held, latest, reason)
    against_all = reason is Skip.LAPSED_ON_ARRIVAL
    for step in older:
        if step not in held.settled:
            yield _due(held, step, reason if against_all else Skip.OLDER_STEP)


def plan_all(certificates: Iterable[CertificateFacts], on: date) -> list[Due]:
    """`plan` of many, ordered by person and certificate, so that the same facts give one answer."""
    ordered = sorted(certificates, key=lambda held: (held.person_id, held.certificate_id))
    return [due for held in ordered for due in plan(held, on)]


def _due(held: CertificateFacts, step: int, reason: Skip | None) -> Due:
    return Due(
        person_id=held.person_id,
        certificate_id=held.certificate_id,
        kind_id=held.kind_id,
        step_days=step,
        expires_on=held.expires_on,
        due_on=due_on(held.expires_on, step),
        channel=held.channel,
        reason=reason,
    )


def _reason(held: CertificateFacts, step: int, on: date) -> Skip | None:
    """Why the latest step sends nothing; None: it goes. What can't change any more comes first."""
    against: Sequence[tuple[bool, Skip]] = (
        (held.revoked, Skip.REVOKED),
        (held.renewed, Skip.RENEWED),
        (held.left, Skip.LEFT),
        (held.recorded_on > held.expires_on, Skip.LAPSED_ON_ARRIVAL),
        (on - due_on(held.expires_on, step) > LATEST, Skip.TOO_OLD),
        (not held.approved, Skip.NOT_APPROVED),
        (held.away, Skip.AWAY),
        (not held.notice_given, Skip.NO_NOTICE_YET),
        (held.channel is None, Skip.NO_CONTACT),
        (held.expires_on < on and not held.written_to, Skip.NEVER_WROTE_BEFORE),
    )
    return next((reason for holds, reason in against if holds), None)


def objection(
    held: CertificateFacts | None, step_days: int, expires_on: date, on: date
) -> str | None:
    """Why a reminder that waits must not go after all; None: it may. held None: it is gone."""
    if held is None:
        return Skip.REVOKED.value
    if held.expires_on != expires_on:
        return EXPIRY_CHANGED
    later = any(step < step_days for step in steps_due(held, on))
    against: Sequence[tuple[bool, Skip]] = (
        (held.revoked, Skip.REVOKED),
        (held.renewed, Skip.RENEWED),
        (held.left, Skip.LEFT),
        (not held.approved, Skip.NOT_APPROVED),
        (held.away, Skip.AWAY),
        (later, Skip.OLDER_STEP),
    )
    return next((reason.value for holds, reason in against if holds), None)
