"""The certificate that a champion needs to renew, and the course that renews it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.certificates import expiry
from app.certificates import queries as certificates
from app.certificates.types import CertificateState, DatePrecision
from app.core.actor import Actor
from app.courses import queries
from app.courses.types import RunState, TypeFacts

RENEWABLE_STATES = (CertificateState.LAPSES_SOON, CertificateState.LAPSED)
FINISHED_STATES = (RunState.CANCELLED, RunState.COMPLETED)


@dataclass(frozen=True)
class Renewal:
    """A certificate that has expired or will expire soon.

    `course` is the slug of the course type to book, or None if there is none or more than one.
    """

    kind: str
    last_day: date
    known: DatePrecision
    lapsed: bool
    course: str | None


def renewal_due(actor: Actor, on: date) -> Renewal | None:
    """Return the certificate that the actor needs to renew.

    Returns None if there is none, or if they are booked on a course that renews it.
    """
    if actor.person_id is None:
        return None
    held = certificates.latest_by_person([actor.person_id], on).get(actor.person_id)
    kind = certificates.kind_by_slug(held.kind) if held and held.state in RENEWABLE_STATES else None
    if held is None or held.expires_on is None or kind is None:
        return None
    if _has_booked_renewal(actor.person_id, kind.id, on):
        return None
    candidates = [each for each in queries.course_types(on) if each.leads_to(kind.id)]
    return Renewal(
        kind=held.kind_name,
        last_day=held.expires_on,
        known=held.expiry_known,
        lapsed=held.state is CertificateState.LAPSED,
        course=_course_to_book(candidates, actor.person_id, kind.id, on),
    )


def _has_booked_renewal(person_id: int, kind_id: int, on: date) -> bool:
    return any(
        each.run.type.leads_to(kind_id)
        for each in queries.bookings_of(person_id, on)
        if not each.cancelled_on
        and each.run.state not in FINISHED_STATES
        and each.run.last_day >= on
    )


def _course_to_book(
    candidates: list[TypeFacts], person_id: int, kind_id: int, on: date
) -> str | None:
    """Return the slug of a refresher, if the person may still take one, or of the full course.

    Returns None if no single course type fits.
    """
    last = certificates.longest_validity(person_id, kind_id, on)
    rule = expiry.rule_on(certificates.rules_of(kind_id), on)
    can_refresh = bool(last and rule and expiry.is_renewable(*last, rule, on))
    suitable = [each for each in candidates if each.is_refresher is can_refresh] or candidates
    return suitable[0].slug if len(suitable) == 1 else None
