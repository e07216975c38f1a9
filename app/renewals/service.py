"""The certificates that champions need to renew, and the courses that renew them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from dateutil.relativedelta import relativedelta

from app.certificates import expiry
from app.certificates import queries as certificates
from app.certificates.types import CertificateState
from app.core.actor import Actor
from app.courses import queries as courses
from app.courses.types import TypeFacts
from app.renewals import queries
from app.renewals.rules import CertificateToRenew, Course, Fit, assess_fit
from app.renewals.types import BookedRenewal, FuturePlace, HeldCertificate, Renewal

RENEWABLE_STATES = (CertificateState.LAPSES_SOON, CertificateState.LAPSED)
BATCH = 10_000  # people in one statement


class Renewals:
    """Finds what renews certificates. Keeps the rules of each kind, so use it for one task."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._kinds = certificates.KindRelations()
        self._grace: dict[int, int] = {}

    def certificate_to_renew(self, kind_id: int, expires_on: date) -> CertificateToRenew:
        """Return a certificate in the form that the rules use."""
        return CertificateToRenew(
            kind_id=kind_id,
            expires_on=expires_on,
            renewed_by=self._kinds.kinds_renewing(kind_id),
            grace_months=self._grace_months(kind_id),
            counts_as=self._kinds.kinds_met_by(kind_id),
            refreshed_by=self._kinds.kinds_with_families(self._kinds.kinds_renewing(kind_id)),
            refreshable_as=self._kinds.kinds_with_families(self._kinds.kinds_met_by(kind_id)),
        )

    def _grace_months(self, kind_id: int) -> int:
        if kind_id not in self._grace:
            rule = expiry.rule_on(certificates.kind_rules(kind_id), self._on)
            self._grace[kind_id] = rule.grace_months if rule else 0
        return self._grace[kind_id]

    def booked(self, held: Iterable[HeldCertificate]) -> dict[int, BookedRenewal]:
        """Return the booked place that renews each certificate, by its key.

        A place that renews it in time comes before one that is late, and an earlier one before a
        later one. Certificates without such a place are left out.
        """
        every = list(held)
        places = self._places({each.person_id for each in every})
        found: dict[int, BookedRenewal] = {}
        for each in every:
            certificate = self.certificate_to_renew(each.kind_id, each.expires_on)
            fitting = [
                (place, assess_fit(certificate, self._course(place)))
                for place in places.get(each.person_id, ())
            ]
            best = min(
                (entry for entry in fitting if entry[1] is not Fit.NOT),
                key=lambda entry: entry[1] is Fit.LATE,
                default=None,
            )
            if best is not None:
                place, how = best
                found[each.key] = BookedRenewal(
                    place.run_id, place.name, place.venue, place.first_day, how is Fit.IN_TIME
                )
        return found

    def _places(self, people: set[int]) -> dict[int, list[FuturePlace]]:
        found: dict[int, list[FuturePlace]] = {}
        ordered = sorted(people)
        for start in range(0, len(ordered), BATCH):
            for place in queries.future_places(ordered[start : start + BATCH], self._on):
                found.setdefault(place.person_id, []).append(place)
        return found

    def _course(self, place: FuturePlace) -> Course:
        return Course(
            awards_id=place.awards_id,
            is_refresher=place.is_refresher,
            first_day=place.first_day,
            last_day=place.last_day,
            prerequisite_until=self._prerequisite_until(place),
        )

    def _prerequisite_until(self, place: FuturePlace) -> date | None:
        """Return the last day on which the person meets the run's prerequisite, with grace."""
        kind_id = place.prerequisite_id
        if kind_id is None:
            return date.max
        kinds = {kind_id}
        if place.is_refresher:
            kinds |= self._kinds.kinds_with_families(kinds)
        days = [self._renewable_until(place.person_id, each) for each in kinds]
        return max((day for day in days if day is not None), default=None)

    def _renewable_until(self, person_id: int, kind_id: int) -> date | None:
        """Return the last day on which a person's certificate of a kind counts, with grace."""
        held = certificates.longest_validity(person_id, kind_id, self._on)
        if held is None:
            return None
        last_day, _basis = held
        if last_day is None:  # it never expires
            return date.max
        return last_day + relativedelta(months=self._grace_months(kind_id))


def booked_renewals(held: Sequence[HeldCertificate], on: date) -> dict[int, BookedRenewal]:
    """Return the booked place that renews each certificate, by its key."""
    return Renewals(on).booked(held) if held else {}


def renewal_due(actor: Actor, on: date) -> Renewal | None:
    """Return the certificate that the actor needs to renew.

    Returns None if there is none, or if they are booked on a course that renews it in time.
    """
    if actor.person_id is None:
        return None
    held = certificates.latest_by_person([actor.person_id], on).get(actor.person_id)
    kind = certificates.kind_by_slug(held.kind) if held and held.state in RENEWABLE_STATES else None
    if held is None or held.expires_on is None or kind is None:
        return None
    booked = booked_renewals(
        [HeldCertificate(held.id, actor.person_id, kind.id, held.expires_on)], on
    )
    if held.id in booked:
        return None
    candidates = [each for each in courses.course_types(on) if each.leads_to(kind.id)]
    return Renewal(
        kind=held.kind_name,
        last_day=held.expires_on,
        known=held.expiry_known,
        lapsed=held.state is CertificateState.LAPSED,
        course=_course_to_book(candidates, actor.person_id, kind.id, on),
    )


def _course_to_book(
    candidates: list[TypeFacts], person_id: int, kind_id: int, on: date
) -> str | None:
    """Return the slug of a refresher, if the person may still take one, or of the full course.

    Returns None if no single course type fits.
    """
    last = certificates.longest_validity(person_id, kind_id, on)
    rule = expiry.rule_on(certificates.kind_rules(kind_id), on)
    can_refresh = bool(last and rule and expiry.is_renewable(*last, rule, on))
    suitable = [each for each in candidates if each.is_refresher is can_refresh] or candidates
    return suitable[0].slug if len(suitable) == 1 else None
