"""Find certificates that need to be renewed, and courses that renew them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

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
RECENTLY_LAPSED = timedelta(days=90)
BATCH = 10_000  # people in one statement


class RenewalFinder:
    """Finds booked courses that renew certificates. Create a new instance for each task."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._kinds = certificates.KindRelations()
        self._grace: dict[int, int] = {}

    def certificate_to_renew(self, kind_id: int, expires_on: date) -> CertificateToRenew:
        """Return a certificate in the form that the rules need."""
        return CertificateToRenew(
            kind_id=kind_id,
            expires_on=expires_on,
            renewed_by=self._kinds.kinds_renewing(kind_id),
            grace_months=self._grace_months(kind_id),
            counts_as=self._kinds.kinds_satisfied_by(kind_id),
            refreshed_by=self._kinds.kinds_with_families(self._kinds.kinds_renewing(kind_id)),
            refreshable_as=self._kinds.kinds_with_families(self._kinds.kinds_satisfied_by(kind_id)),
        )

    def _grace_months(self, kind_id: int) -> int:
        if kind_id not in self._grace:
            rule = expiry.applicable_rule(certificates.kind_rules(kind_id), self._on)
            self._grace[kind_id] = rule.grace_months if rule else 0
        return self._grace[kind_id]

    def find_booked_places(
        self, held_certificates: Iterable[HeldCertificate]
    ) -> dict[int, BookedRenewal]:
        """Return the best booked place for renewing each certificate, by the certificate's key.

        Places that renew it in time come first, then earlier ones. Certificates without a booked
        place are left out.
        """
        certificates_to_check = list(held_certificates)
        places = self._places({each.person_id for each in certificates_to_check})
        found: dict[int, BookedRenewal] = {}
        for each in certificates_to_check:
            certificate = self.certificate_to_renew(each.kind_id, each.expires_on)
            fitting = [
                (place, assess_fit(certificate, self._course(place)))
                for place in places.get(each.person_id, ())
            ]
            best = min(
                (entry for entry in fitting if entry[1] is not Fit.NONE),
                key=lambda entry: entry[1] is Fit.LATE,
                default=None,
            )
            if best is not None:
                place, fit = best
                found[each.key] = BookedRenewal(
                    place.run_id, place.name, place.venue, place.first_day, fit is Fit.IN_TIME
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
            prerequisite_until=self._prerequisite_expiry(place),
        )

    def _prerequisite_expiry(self, place: FuturePlace) -> date | None:
        """Return the last day on which the prerequisite is met, including the grace period."""
        kind_id = place.prerequisite_id
        if kind_id is None:
            return date.max
        kinds = {kind_id}
        if place.is_refresher:
            kinds |= self._kinds.kinds_with_families(kinds)
        days = [self._renewable_until(place.person_id, each) for each in kinds]
        return max((day for day in days if day is not None), default=None)

    def _renewable_until(self, person_id: int, kind_id: int) -> date | None:
        """Return the last day on which a certificate counts, including the grace period."""
        held = certificates.longest_validity(person_id, kind_id, self._on)
        if held is None:
            return None
        last_day, _basis = held
        if last_day is None:  # it never expires
            return date.max
        return last_day + relativedelta(months=self._grace_months(kind_id))


def find_booked_renewals(
    held_certificates: Sequence[HeldCertificate], on: date
) -> dict[int, BookedRenewal]:
    """Return the best booked place for renewing each certificate, by the certificate's key."""
    return RenewalFinder(on).find_booked_places(held_certificates) if held_certificates else {}


def list_due_renewals(actor: Actor, on: date) -> list[Renewal]:
    """Return the certificates that the actor needs to renew, earliest expiry first.

    These are certificates that expire soon or expired in the last 90 days. If the actor has no
    certificate in date, the last one to expire is always included. A certificate is left out if a
    booked course will renew it before it expires. A certificate that has already expired is left
    out if any booked course will renew it.
    """
    if actor.person_id is None:
        return []
    kinds = {kind.slug: kind.id for kind in certificates.kinds()}
    best = certificates.latest_certificates_by_person([actor.person_id], on).get(actor.person_id)
    held = {
        each.id: (each, HeldCertificate(each.id, actor.person_id, kinds[each.kind], last_day))
        for each in certificates.person_certificates_to_renew(actor.person_id, on)
        if each.state in RENEWABLE_STATES
        and (last_day := each.expires_on) is not None
        and (last_day >= on - RECENTLY_LAPSED or (best is not None and best.id == each.id))
    }
    booked = find_booked_renewals([each for _row, each in held.values()], on)
    covered = {
        key for key, place in booked.items() if place.in_time or held[key][1].expires_on < on
    }
    types = courses.course_types(on) if held.keys() - covered else []
    due = [
        Renewal(
            kind=row.kind_name,
            kind_id=each.kind_id,
            last_day=each.expires_on,
            known=row.expiry_known,
            lapsed=row.state is CertificateState.LAPSED,
            course=_course_to_book(
                [one for one in types if one.awards_or_renews(each.kind_id)],
                actor.person_id,
                each.kind_id,
                on,
            ),
        )
        for key, (row, each) in held.items()
        if key not in covered
    ]
    return sorted(due, key=lambda each: (each.last_day, each.kind))


def _course_to_book(
    candidates: list[TypeFacts], person_id: int, kind_id: int, on: date
) -> str | None:
    """Return the slug of the refresher, or of the full course if no refresher is allowed.

    Returns None if there is not exactly one suitable course type.
    """
    last = certificates.longest_validity(person_id, kind_id, on)
    rule = expiry.applicable_rule(certificates.kind_rules(kind_id), on)
    can_refresh = bool(last and rule and expiry.is_renewable(*last, rule, on))
    suitable = [each for each in candidates if each.is_refresher is can_refresh] or candidates
    return suitable[0].slug if len(suitable) == 1 else None
