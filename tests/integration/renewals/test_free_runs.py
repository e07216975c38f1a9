"""The free runs that renew a certificate."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.renewals import service as renewals
from app.renewals.queries import free_runs
from tests.factories import courses

TODAY = date(2027, 3, 1)
FIRST = date(2027, 3, 27)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 1 March 2027."""
    with clock.frozen(TODAY) as at:
        yield at


def test_only_free_runs_that_are_near_and_in_time_are_found(session: Session) -> None:
    watton = {"venue_easting": 591728, "venue_northing": 300563}
    near = courses.run(FIRST, **watton)
    online = courses.run(FIRST + timedelta(days=1), link="https://meet.example/1")
    courses.run(FIRST, published=False, **watton)
    courses.run(FIRST, fee_pence=5000, **watton)
    courses.run(FIRST, venue_easting=640000, venue_northing=290000)
    courses.run(FIRST, cut_off_on=TODAY - timedelta(days=1), **watton)
    full = courses.run(FIRST, capacity=1, minimum=1, **watton)
    courses.attendee(full, name="Bob Brown")
    refresher = courses.run(FIRST, "mhfa-refresher", **watton)
    kind_id = courses.course_type().awards_id
    assert kind_id is not None

    def found(**more: Any) -> list[int]:
        place = {"easting": 592000, "northing": 301000} | more
        expires_on = place.pop("expires_on", FIRST)
        certificate = renewals.RenewalFinder(TODAY).certificate_to_renew(kind_id, expires_on)
        runs = free_runs(TODAY, certificate, within_km=10, limit=5, **place)
        return [run.id for run in runs]

    assert found() == [near.id, refresher.id, online.id]
    assert found(expires_on=FIRST - timedelta(days=1)) == [near.id, online.id]
    assert found(easting=None, northing=None) == [online.id]
