"""Queries for runs that renew certificates."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, and_, func, not_, or_, select

from app.core.db import db
from app.courses.models import Attendee, CourseRun, CourseSession, CourseType
from app.courses.queries.holders import attendee_person_id, is_for_any_person
from app.courses.queries.runs import (
    first_day_sql,
    is_bookable_on,
    is_within_distance,
    london_day,
    places_taken_sql,
)
from app.renewals.rules import CertificateToRenew
from app.renewals.types import FreeRun, FuturePlace


def _is_renewed_by_course(
    certificate: CertificateToRenew, starts_on: ColumnElement[date]
) -> ColumnElement[bool]:
    """Return the SQL condition for runs that renew a certificate (see app.renewals.rules)."""
    in_time = starts_on <= certificate.renewable_until
    refreshes = and_(
        CourseType.is_refresher,
        CourseType.awards_id.in_(certificate.refreshed_by),
        or_(
            CourseType.prerequisite_id.is_(None),
            CourseType.prerequisite_id.in_(certificate.refreshable_as),
        ),
        in_time,
    )
    awards_again = and_(
        not_(CourseType.is_refresher),
        CourseType.awards_id.in_(certificate.renewed_by),
        or_(
            CourseType.prerequisite_id.is_(None),
            and_(CourseType.prerequisite_id.in_(certificate.counts_as), in_time),
        ),
    )
    return or_(refreshes, awards_again)


def free_runs(
    on: date,
    certificate: CertificateToRenew,
    easting: int | None,
    northing: int | None,
    within_km: int,
    limit: int,
) -> list[FreeRun]:
    """Return free runs that renew a certificate and can be booked, soonest first.

    Runs must have places left and be within `within_km` of a National Grid point in metres. Online
    runs are near everybody. If the point is unknown, only online runs are returned.

    Runs that end after the certificate expires are included. Runs are left out if the certificate
    does not meet their prerequisite or, for refreshers, if it can no longer be refreshed on the
    first day.
    """
    starts_on = first_day_sql()
    online = CourseRun.link.is_not(None)
    query = (
        select(CourseRun.id, CourseType.name, starts_on.label("first_day"), CourseRun.venue)
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .where(
            _is_renewed_by_course(certificate, starts_on),
            is_bookable_on(on),
            CourseRun.fee_pence == 0,
            places_taken_sql() < CourseRun.capacity,
            or_(online, is_within_distance(easting, northing, within_km))
            if easting is not None and northing is not None
            else online,
        )
        .order_by("first_day", CourseRun.id)
        .limit(limit)
    )
    return [FreeRun(*row) for row in db.session.execute(query)]


def future_places(person_ids: Collection[int], on: date) -> list[FuturePlace]:
    """Return these people's places on runs that award a certificate and are not over, by first day.

    Runs that have been cancelled or signed off are left out.
    """
    days = (
        select(
            CourseSession.run_id,
            london_day(func.min(CourseSession.starts_at)).label("first_day"),
            london_day(func.max(CourseSession.starts_at)).label("last_day"),
        )
        .group_by(CourseSession.run_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            attendee_person_id(),
            CourseRun.id,
            CourseType.name,
            CourseRun.venue,
            CourseType.awards_id,
            CourseType.is_refresher,
            CourseType.prerequisite_id,
            days.c.first_day,
            days.c.last_day,
        )
        .join(CourseRun, CourseRun.id == Attendee.run_id)
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .join(days, days.c.run_id == CourseRun.id)
        .where(
            is_for_any_person(person_ids),
            Attendee.cancelled_at.is_(None),
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
            CourseType.awards_id.is_not(None),
            days.c.last_day >= on,
        )
        .order_by(days.c.first_day, CourseRun.id)
    )
    return [FuturePlace(*row) for row in rows]
