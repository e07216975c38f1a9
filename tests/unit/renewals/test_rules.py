"""Which courses renew a certificate, and whether in time."""

from __future__ import annotations

from datetime import date

import pytest

from app.renewals.rules import CertificateToRenew, Course, Fit, assess_fit

MHFA, CHAMPION, OTHER = 1, 2, 3  # MHFA includes CHAMPION
LAST = date(2027, 3, 31)
MHFA_HELD = CertificateToRenew(MHFA, LAST, frozenset({MHFA}), refreshed_by=frozenset({MHFA}))
CHAMPION_HELD = CertificateToRenew(
    CHAMPION, LAST, frozenset({CHAMPION, MHFA}), refreshed_by=frozenset({CHAMPION, MHFA})
)
WITH_GRACE = CertificateToRenew(
    MHFA, LAST, frozenset({MHFA}), grace_months=2, refreshed_by=frozenset({MHFA})
)
YOUTH_HELD = CertificateToRenew(4, LAST, frozenset({4}), refreshed_by=frozenset({4, MHFA}))


def full(first: date, last: date | None = None, awards: int = MHFA) -> Course:
    return Course(awards, is_refresher=False, first_day=first, last_day=last or first)


def refresher(first: date, until: date | None = LAST, last: date | None = None) -> Course:
    return Course(MHFA, True, first, last or first, prerequisite_until=until)


@pytest.mark.parametrize(
    ("certificate", "course", "expected"),
    [
        # a full course
        (MHFA_HELD, full(date(2027, 3, 1)), Fit.IN_TIME),
        (MHFA_HELD, full(LAST), Fit.IN_TIME),
        (MHFA_HELD, full(date(2027, 3, 30), date(2027, 3, 31)), Fit.IN_TIME),
        (MHFA_HELD, full(date(2027, 3, 31), date(2027, 4, 1)), Fit.LATE),
        (MHFA_HELD, full(date(2027, 4, 1)), Fit.LATE),
        (WITH_GRACE, full(date(2027, 5, 31)), Fit.IN_TIME),
        (WITH_GRACE, full(date(2027, 6, 1)), Fit.LATE),
        # another kind, and kinds that include it
        (MHFA_HELD, full(date(2027, 3, 1), awards=OTHER), Fit.NONE),
        (MHFA_HELD, full(date(2027, 3, 1), awards=CHAMPION), Fit.NONE),
        (CHAMPION_HELD, full(date(2027, 3, 1), awards=CHAMPION), Fit.IN_TIME),
        (CHAMPION_HELD, full(date(2027, 3, 1), awards=MHFA), Fit.IN_TIME),
        (MHFA_HELD, Course(None, False, LAST, LAST), Fit.NONE),
        # a refresher
        (MHFA_HELD, refresher(date(2027, 3, 1)), Fit.IN_TIME),
        (MHFA_HELD, refresher(LAST), Fit.IN_TIME),
        (MHFA_HELD, refresher(LAST, last=date(2027, 4, 1)), Fit.LATE),
        (MHFA_HELD, refresher(date(2027, 4, 1)), Fit.NONE),
        (WITH_GRACE, refresher(date(2027, 5, 31), until=date(2027, 5, 31)), Fit.IN_TIME),
        (WITH_GRACE, refresher(date(2027, 6, 1), until=date(2027, 5, 31)), Fit.NONE),
        # another kind of the family
        (YOUTH_HELD, refresher(date(2027, 3, 1)), Fit.IN_TIME),
        (YOUTH_HELD, full(date(2027, 3, 1)), Fit.NONE),
        # a prerequisite that is not met on the first day
        (CHAMPION_HELD, refresher(date(2027, 3, 1), until=None), Fit.NONE),
        (CHAMPION_HELD, refresher(date(2027, 3, 2), until=date(2027, 3, 1)), Fit.NONE),
        (CHAMPION_HELD, refresher(date(2027, 3, 1), until=date(2027, 3, 1)), Fit.IN_TIME),
        (MHFA_HELD, refresher(date(2027, 4, 1), until=date.max), Fit.NONE),
    ],
)
def test_whether_a_course_renews_a_certificate(
    certificate: CertificateToRenew, course: Course, expected: Fit
) -> None:
    assert assess_fit(certificate, course) is expected
