"""Queries for the rows that services change: a run, its sessions and attendees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import false, func, or_, select

from app.core.db import db
from app.courses.models import Attendee, CourseRun, CourseSession, CourseType
from app.courses.types import SessionTimes


def get_run(run_id: int, *, lock: bool = False) -> CourseRun | None:
    """Return the run, or None. With `lock`, lock its row until the transaction ends."""
    query = select(CourseRun).where(CourseRun.id == run_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def sessions_of(run_id: int) -> Sequence[CourseSession]:
    """Return the sessions of a run, earliest first."""
    return db.session.scalars(
        select(CourseSession)
        .where(CourseSession.run_id == run_id)
        .order_by(CourseSession.starts_at)
    ).all()


def attendees_on(run_id: int) -> list[Attendee]:
    """Return the attendees who have a place on a run, by ID."""
    return list(
        db.session.scalars(
            select(Attendee)
            .where(Attendee.run_id == run_id, Attendee.cancelled_at.is_(None))
            .order_by(Attendee.id)
        )
    )


def open_run_ids(person_id: int) -> Sequence[int]:
    """Return the IDs, in order, of a person's runs that are neither cancelled nor signed off."""
    return db.session.scalars(
        select(Attendee.run_id)
        .join(CourseRun, CourseRun.id == Attendee.run_id)
        .where(
            Attendee.person_id == person_id,
            Attendee.cancelled_at.is_(None),
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
        )
        .order_by(Attendee.run_id)
    ).all()


def has_clashing_booking(
    person_id: int, sessions: Iterable[SessionTimes], *excluded_run_ids: int
) -> bool:
    """Return whether a session overlaps one of a run that the person has a place on.

    Cancelled runs and those in `excluded_run_ids` do not count. A session may start at the moment
    another one ends.
    """
    overlapping = [
        (CourseSession.starts_at < each.ends_at) & (CourseSession.ends_at > each.starts_at)
        for each in sessions
    ]
    found = db.session.scalar(
        select(CourseSession.id)
        .join(CourseRun, CourseRun.id == CourseSession.run_id)
        .join(Attendee, Attendee.run_id == CourseRun.id)
        .where(
            or_(false(), *overlapping),
            CourseRun.id.not_in(excluded_run_ids),
            CourseRun.cancelled_at.is_(None),
            Attendee.person_id == person_id,
            Attendee.cancelled_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def has_attendees(booking_id: int) -> bool:
    """Return whether any attendee has a place under this booking."""
    found = db.session.scalar(
        select(Attendee.id)
        .where(Attendee.booking_id == booking_id, Attendee.cancelled_at.is_(None))
        .limit(1)
    )
    return found is not None


def attendees_with_access_needs(ended_before: datetime) -> Sequence[Attendee]:
    """Return attendees with recorded access needs whose run ended before the given time."""
    last = (
        select(func.max(CourseSession.ends_at))
        .where(CourseSession.run_id == Attendee.run_id)
        .correlate(Attendee)
        .scalar_subquery()
    )
    return db.session.scalars(
        select(Attendee).where(Attendee.access_needs.is_not(None), last < ended_before)
    ).all()


def booked_renewals(person_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return pairs of person ID and certificate kind ID for runs that are still to be signed off.

    Each pair means that the person has a place on a run that awards the kind.
    """
    rows = db.session.execute(
        select(Attendee.person_id, CourseType.awards_id)
        .join(CourseRun, CourseRun.id == Attendee.run_id)
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .where(
            Attendee.person_id.in_(person_ids),
            Attendee.cancelled_at.is_(None),
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
            CourseType.awards_id.is_not(None),
        )
    )
    return {
        (person_id, kind_id)
        for person_id, kind_id in rows
        if person_id is not None and kind_id is not None
    }
