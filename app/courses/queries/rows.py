"""Queries for the rows that services change: runs, sessions and attendees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import exists, func, not_, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.db import db
from app.courses.models import Attendance, Attendee, Booking, CourseRun, CourseSession, CourseType
from app.courses.queries.holders import current_places, is_for_person


def get_run(run_id: int, *, lock: bool = False) -> CourseRun | None:
    """Return a run or None. With `lock`, lock the run until the transaction ends.

    What was read before is then read again, because it can change while we wait for the lock.
    """
    query = select(CourseRun).where(CourseRun.id == run_id)
    if lock:
        db.session.flush()
        db.session.expire_all()
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def list_sessions(run_id: int) -> Sequence[CourseSession]:
    """Return the sessions of a run, earliest first."""
    return db.session.scalars(
        select(CourseSession)
        .where(CourseSession.run_id == run_id)
        .order_by(CourseSession.starts_at)
    ).all()


def list_attendees(run_id: int) -> list[Attendee]:
    """Return the current attendees of a run, ordered by ID."""
    return list(
        db.session.scalars(
            select(Attendee)
            .where(Attendee.run_id == run_id, Attendee.cancelled_at.is_(None))
            .order_by(Attendee.id)
        )
    )


def attendee_ids_ever_on(run_id: int) -> Sequence[int]:
    """Return the IDs of all current and former attendees of a run."""
    return db.session.scalars(select(Attendee.id).where(Attendee.run_id == run_id)).all()


def people_to_check(run_id: int) -> list[int]:
    """Return the IDs of the people on a run whose prerequisite has to be checked.

    These are all people with a record, except those whose earlier certificate a coordinator has
    seen.
    """
    places = current_places()
    found = (
        select(places.c.person_id)
        .where(places.c.run_id == run_id)
        .group_by(places.c.person_id)
        .having(not_(func.bool_or(places.c.earlier_seen)))
    )
    return sorted(db.session.scalars(found))


def held_bookings(run_id: int) -> Sequence[Booking]:
    """Return the bookings of a run that hold unnamed places, ordered by ID."""
    return db.session.scalars(
        select(Booking)
        .where(Booking.run_id == run_id, Booking.cancelled_at.is_(None), Booking.headcount > 0)
        .order_by(Booking.id)
    ).all()


def upcoming_runs_with_prerequisite(on: date) -> Sequence[int]:
    """Return the IDs of the runs that have a prerequisite and have not started by a given day."""
    started = exists().where(
        CourseSession.run_id == CourseRun.id, CourseSession.starts_at < clock.start_of_day(on)
    )
    return db.session.scalars(
        select(CourseRun.id)
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .where(
            CourseType.prerequisite_id.is_not(None),
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
            not_(started),
        )
        .order_by(CourseRun.id)
    ).all()


def marked_session_ids(run_id: int) -> set[int]:
    """Return the IDs of the sessions with recorded attendance."""
    return set(
        db.session.scalars(
            select(Attendance.session_id)
            .join(CourseSession, CourseSession.id == Attendance.session_id)
            .where(CourseSession.run_id == run_id)
        )
    )


def open_run_ids(person_id: int) -> Sequence[int]:
    """Return the sorted IDs of a person's runs that have not been cancelled or signed off."""
    return db.session.scalars(
        select(Attendee.run_id)
        .join(CourseRun, CourseRun.id == Attendee.run_id)
        .where(
            is_for_person(person_id),
            Attendee.cancelled_at.is_(None),
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
        )
        .distinct()
        .order_by(Attendee.run_id)
    ).all()


def has_attendees(booking_id: int) -> bool:
    """Return whether a booking has current attendees."""
    found = db.session.scalar(
        select(Attendee.id)
        .where(Attendee.booking_id == booking_id, Attendee.cancelled_at.is_(None))
        .limit(1)
    )
    return found is not None


def attendees_with_access_needs(ended_before: datetime) -> Sequence[Attendee]:
    """Return attendees with stored access needs whose runs ended before the given time."""
    last = (
        select(func.max(CourseSession.ends_at))
        .where(CourseSession.run_id == Attendee.run_id)
        .correlate(Attendee)
        .scalar_subquery()
    )
    return db.session.scalars(
        select(Attendee).where(Attendee.access_needs.is_not(None), last < ended_before)
    ).all()


def duplicate_places(person_id: int, other_id: int) -> Sequence[tuple[Attendee, Attendee]]:
    """Return both people's places on runs where both have a place, those of `person_id` first."""
    other = aliased(Attendee)
    return db.session.execute(
        select(Attendee, other)
        .join(other, other.run_id == Attendee.run_id)
        .where(
            Attendee.person_id == person_id,
            other.person_id == other_id,
            Attendee.cancelled_at.is_(None),
            other.cancelled_at.is_(None),
        )
        .order_by(Attendee.run_id)
    ).all()
