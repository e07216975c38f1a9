"""Rules for whether a course renews a certificate. Pure.

Reminders, lists of expiring certificates and the champion's own pages use these rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dateutil.relativedelta import relativedelta


class Fit(StrEnum):
    """Whether a course renews a certificate, and if so, whether in time."""

    IN_TIME = "in time"
    LATE = "late"  # the certificate expires before the last session
    NOT = "not"


@dataclass(frozen=True)
class CertificateToRenew:
    """A certificate to renew.

    ``renewed_by`` has the IDs of its kind and of the kinds that include it, and ``counts_as`` those
    of its kind and of the kinds that it includes. ``refreshed_by`` and ``refreshable_as`` are the
    same for refreshers, for which the other kinds of a family count too. ``grace_months`` is how
    long after its last day it can still be renewed by a refresher.
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
        """The last day on which a refresher is allowed."""
        return self.expires_on + relativedelta(months=self.grace_months)


@dataclass(frozen=True)
class Course:
    """A course run that a person could attend.

    ``prerequisite_until`` is the last day on which the person meets its prerequisite, including any
    grace period. It is date.max if nothing is required, and None if the person does not meet it.
    """

    awards_id: int | None
    is_refresher: bool
    first_day: date
    last_day: date
    prerequisite_until: date | None = date.max


def assess_fit(certificate: CertificateToRenew, course: Course) -> Fit:
    """Return whether the course renews the certificate, and whether in time.

    It does if it awards the certificate's kind or one that includes it (for a refresher, another
    kind of the family counts too), and the prerequisite is met on its first day. A refresher must
    also begin while the certificate can be refreshed. The course is in time if its last session is
    on or before the expiry date, or within the months of grace.
    """
    if course.awards_id not in (
        certificate.refreshed_by if course.is_refresher else certificate.renewed_by
    ):
        return Fit.NOT
    if course.prerequisite_until is None or course.first_day > course.prerequisite_until:
        return Fit.NOT
    if course.is_refresher and course.first_day > certificate.renewable_until:
        return Fit.NOT
    return Fit.IN_TIME if course.last_day <= certificate.renewable_until else Fit.LATE
