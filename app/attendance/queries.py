"""Queries for the marks of attendees, and for the runs that wait for marks or for sign-off."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.courses.models import Attendance, Attendee, CourseRun, CourseSession
from app.courses.queries.runs import find_runs
from app.courses.types import RunFacts


def attendees_with_marks(run_id: int) -> list[Attendee]:
    """Return the attendees who have a place on a run with their current marks, by ID."""
    return list(
        db.session.scalars(
            select(Attendee)
            .where(Attendee.run_id == run_id, Attendee.cancelled_at.is_(None))
            .options(selectinload(Attendee.marks))
            .order_by(Attendee.id)
            .execution_options(populate_existing=True)
        )
    )


def marks_of(session_ids: Collection[int]) -> dict[tuple[int, int], Attendance]:
    """Return the marks of these sessions by attendee ID and session ID."""
    rows = db.session.scalars(select(Attendance).where(Attendance.session_id.in_(session_ids)))
    return {(row.attendee_id, row.session_id): row for row in rows}


def has_ended_sql(at: datetime) -> ColumnElement[bool]:
    """Return the SQL condition for runs whose last session has ended (`RunFacts.has_ended`)."""
    last = (
        select(func.max(CourseSession.ends_at))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )
    return last <= at


def awaiting_sign_off(at: datetime, trainer_user_id: int | None) -> list[RunFacts]:
    """Return runs whose last session has ended by `at` and that nobody has signed off."""
    conditions = [
        CourseRun.cancelled_at.is_(None),
        CourseRun.completed_at.is_(None),
        has_ended_sql(at),
    ]
    if trainer_user_id is not None:
        conditions.append(CourseRun.trainer_user_id == trainer_user_id)
    return find_runs(conditions, clock.london_day(at))


def signed_off_with_missing_marks(on: date) -> list[RunFacts]:
    """Return runs from the last year that were signed off although a mark was missing."""
    days = (
        select(func.count(CourseSession.id))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )
    marked = (
        select(func.count(Attendance.id))
        .where(Attendance.attendee_id == Attendee.id)
        .correlate(Attendee)
        .scalar_subquery()
    )
    unmarked = (
        select(Attendee.id)
        .where(Attendee.run_id == CourseRun.id, Attendee.cancelled_at.is_(None), marked < days)
        .correlate(CourseRun)
        .exists()
    )
    since = clock.start_of(on - timedelta(days=366))
    conditions = [CourseRun.completed_at >= since, CourseRun.cancelled_at.is_(None), unmarked]
    return find_runs(conditions, on)
