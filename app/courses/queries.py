"""Reads of the catalogue and of course runs. Reads of who is on a run are in `roll.py`."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    BigInteger,
    Date,
    ScalarSelect,
    cast,
    func,
    or_,
    select,
)

from app.core.db import db
from app.courses.models import Attendee, Booking, CourseRun, CourseSession, CourseType
from app.courses.types import FreeRun

METRES = 1000


def first_day() -> ScalarSelect[date]:
    """The London date of a run's first session, as a correlated subquery."""
    return (
        select(cast(func.timezone("Europe/London", func.min(CourseSession.starts_at)), Date))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )


def taken() -> ScalarSelect[int]:
    """Places that are gone: attendees, and an organisation's places that have no names yet."""
    people = (
        select(func.count(Attendee.id))
        .where(Attendee.run_id == CourseRun.id, Attendee.cancelled_at.is_(None))
        .correlate(CourseRun)
        .scalar_subquery()
    )
    heads = (
        select(func.coalesce(func.sum(Booking.headcount), 0))
        .where(Booking.run_id == CourseRun.id, Booking.cancelled_at.is_(None))
        .correlate(CourseRun)
        .scalar_subquery()
    )
    return select(people + heads).scalar_subquery()


def free_runs(
    on: date,
    kind_id: int,
    easting: int | None,
    northing: int | None,
    within_km: int,
    limit: int,
    *,
    in_date_until: date | None = None,
) -> list[FreeRun]:
    """Runs, soonest first, that lead to a kind of certificate and that somebody could book on
    `on`: published, not cancelled, within the cut-off, places left, no fee, and no farther than
    `within_km` from a point (metres on the National Grid). One held online is near everybody;
    where the point is not known, only those are named.

    in_date_until: the person's last day in date; refreshers that begin after it are left out,
    because their prerequisite is judged on the first day.
    """
    begins = first_day()
    east = cast(CourseRun.venue_easting, BigInteger) - (easting or 0)
    north = cast(CourseRun.venue_northing, BigInteger) - (northing or 0)
    near = east * east + north * north <= (within_km * METRES) ** 2
    online = CourseRun.link.is_not(None)
    query = (
        select(CourseRun.id, CourseType.name, begins.label("first_day"), CourseRun.venue)
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .where(
            CourseType.awards_id == kind_id,
            CourseRun.published_at.is_not(None),
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
            CourseRun.cut_off_on >= on,
            CourseRun.fee_pence == 0,
            begins >= on,
            taken() < CourseRun.capacity,
            or_(online, near) if easting is not None and northing is not None else online,
        )
        .order_by("first_day", CourseRun.id)
        .limit(limit)
    )
    if in_date_until is not None:
        query = query.where(or_(CourseType.prerequisite_id.is_(None), begins <= in_date_until))
    return [FreeRun(*row) for row in db.session.execute(query).tuples()]
