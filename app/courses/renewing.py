"""A champion's own certificate that is to be renewed, and the course that does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.certificates import expiry
from app.certificates import queries as certificates
from app.certificates.types import CertificateState
from app.core.actor import Actor
from app.courses import queries
from app.courses.types import RunState, TypeFacts

TO_RENEW = (CertificateState.LAPSES_SOON, CertificateState.LAPSED)
OVER = (RunState.CANCELLED, RunState.COMPLETED)


@dataclass(frozen=True)
class Renewal:
    """A certificate that lapses soon, or has. course: slug of the type to book, if there is one."""

    kind: str
    last_day: date
    lapsed: bool
    course: str | None


def of(actor: Actor, on: date) -> Renewal | None:
    """What the actor has to renew; nothing once they have a place on a course that renews it."""
    if actor.person_id is None:
        return None
    held = certificates.latest_by_person([actor.person_id], on).get(actor.person_id)
    kind = certificates.kind_by_slug(held.kind) if held and held.state in TO_RENEW else None
    if held is None or held.expires_on is None or kind is None:
        return None
    if _is_booked(actor.person_id, kind.id, on):
        return None
    leading = [each for each in queries.course_types(on) if each.awards_id == kind.id]
    return Renewal(
        kind=held.kind_name,
        last_day=held.expires_on,
        lapsed=held.state is CertificateState.LAPSED,
        course=_fitting(leading, actor.person_id, kind.id, on),
    )


def _is_booked(person_id: int, kind_id: int, on: date) -> bool:
    return any(
        each.run.type.awards_id == kind_id
        for each in queries.bookings_of(person_id, on)
        if not each.cancelled_on and each.run.state not in OVER and each.run.last_day >= on
    )


def _fitting(leading: list[TypeFacts], person_id: int, kind_id: int, on: date) -> str | None:
    """A refresher for who may still take one; else the whole course."""
    last = certificates.last_day_held(person_id, kind_id, on)
    rule = expiry.rule_on(certificates.rules_of(kind_id), on)
    refresh = bool(last and rule and expiry.renewable(*last, rule, on))
    fitting = [each for each in leading if each.is_refresher is refresh] or leading
    return fitting[0].slug if len(fitting) == 1 else None
