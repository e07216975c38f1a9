"""Rules that decide whether a course renews a certificate (pure functions)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dateutil.relativedelta import relativedelta


class Fit(StrEnum):
    """Whether a course renews a certificate, and if so, whether in time."""

    IN_TIME = "in time"
    LATE = "late"  # the certificate expires before the last session
    NONE = "none"  # the course does not renew it


@dataclass(frozen=True)
class CertificateToRenew:
    """A certificate to renew.

    ``renewed_by`` contains the ID of its kind and the IDs of kinds that include it. ``counts_as``
    contains the ID of its kind and the IDs of kinds that it includes. ``refreshed_by`` and
    ``refreshable_as`` also contain the other kinds in its family, and are used for refreshers.
    ``grace_months`` is the number of months after the expiry date in which a refresher can still
    renew it.
    """

    kind_id: int
    expires_on: date
    renewed_by: frozenset[int]
    grace_months: int = 0
    counts_as: frozenset[int] = frozenset()
    refreshed_by: frozenset[int] = frozenset()
    refreshable_as: frozenset[int] = frozenset()

    @property
    def renewable_until(self) -> date:
        """Return the last day on which the person can start a refresher."""
        return self.expires_on + relativedelta(months=self.grace_months)


@dataclass(frozen=True)
class Course:
    """A course run that a person could attend.

    ``prerequisite_until`` is the last day on which the person meets its prerequisite, including any
    grace period. It is date.max if there is no prerequisite, and None if the person does not meet
    it.
    """

    awards_id: int | None
    is_refresher: bool
    first_day: date
    last_day: date
    prerequisite_until: date | None = date.max


def assess_fit(certificate: CertificateToRenew, course: Course) -> Fit:
    """Return whether a course renews a certificate, and whether it does so in time.

    The course must award the certificate's kind or one that includes it. A refresher can also award
    another kind in the same family. The prerequisite must be met on the first day. A refresher must
    also start while the certificate can be refreshed.

    The course is in time if it ends by the expiry date, or within the grace period.
    """
    if course.awards_id not in (
        certificate.refreshed_by if course.is_refresher else certificate.renewed_by
    ):
        return Fit.NONE
    if course.prerequisite_until is None or course.first_day > course.prerequisite_until:
        return Fit.NONE
    if course.is_refresher and course.first_day > certificate.renewable_until:
        return Fit.NONE
    return Fit.IN_TIME if course.last_day <= certificate.renewable_until else Fit.LATE
