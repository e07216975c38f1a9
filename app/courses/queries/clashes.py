"""Queries for overlapping runs that have the same trainer, room or attendee."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.db import db
from app.courses.models import Attendee, CourseRun, CourseSession
from app.courses.queries.holders import current_places, is_for_person
from app.courses.rooms import room_key
from app.courses.types import SessionTimes


def overlaps_any(sessions: Iterable[SessionTimes]) -> ColumnElement[bool]:
    """Return the SQL condition for sessions that overlap any of these sessions.

    A session can start at the time another one ends.
    """
    return or_(
        false(),
        *(
            (CourseSession.starts_at < each.ends_at) & (CourseSession.ends_at > each.starts_at)
            for each in sessions
        ),
    )


def find_trainer_clash(
    trainer_user_id: int, sessions: Iterable[SessionTimes], excluded_run_id: int | None
) -> datetime | None:
    """Return the start of an overlapping session of another run with this trainer, or None."""
    return db.session.scalar(
        select(CourseSession.starts_at)
        .join(CourseRun, CourseRun.id == CourseSession.run_id)
        .where(
            CourseRun.trainer_user_id == trainer_user_id,
            CourseRun.cancelled_at.is_(None),
            CourseRun.id != (excluded_run_id or 0),
            overlaps_any(sessions),
        )
        .order_by(CourseSession.starts_at)
        .limit(1)
    )


def find_room_clash(
    room: str, sessions: Iterable[SessionTimes], excluded_run_id: int | None
) -> datetime | None:
    """Return the start of an overlapping session of another run in this room, or None.

    `room` is the result of `room_key`.
    """
    rows = db.session.execute(
        select(CourseSession.starts_at, CourseRun.venue, CourseRun.venue_postcode, CourseRun.link)
        .join(CourseRun, CourseRun.id == CourseSession.run_id)
        .where(
            CourseRun.cancelled_at.is_(None),
            CourseRun.id != (excluded_run_id or 0),
            overlaps_any(sessions),
        )
        .order_by(CourseSession.starts_at)
    )
    return next(
        (
            starts_at
            for starts_at, venue, postcode, link in rows
            if room_key(venue, postcode, link) == room
        ),
        None,
    )


def has_clashing_booking(
    person_id: int, sessions: Iterable[SessionTimes], *excluded_run_ids: int
) -> bool:
    """Return whether a person has a place on another run that overlaps these sessions.

    Cancelled runs and the runs in `excluded_run_ids` are ignored.
    """
    found = db.session.scalar(
        select(CourseSession.id)
        .join(CourseRun, CourseRun.id == CourseSession.run_id)
        .join(Attendee, Attendee.run_id == CourseRun.id)
        .where(
            overlaps_any(sessions),
            CourseRun.id.not_in(excluded_run_ids),
            CourseRun.cancelled_at.is_(None),
            is_for_person(person_id),
            Attendee.cancelled_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def double_bookings(on: date) -> set[tuple[int, int]]:
    """Return (run ID, person ID) for people with places on two upcoming runs that overlap.

    Places that were linked to a person later are included.
    """
    place, other_place = current_places(), current_places()
    other_session, other_run = aliased(CourseSession), aliased(CourseRun)
    rows = db.session.execute(
        select(CourseRun.id, place.c.person_id)
        .join(place, place.c.run_id == CourseRun.id)
        .join(CourseSession, CourseSession.run_id == CourseRun.id)
        .join(
            other_place,
            and_(
                other_place.c.person_id == place.c.person_id, other_place.c.run_id != CourseRun.id
            ),
        )
        .join(other_run, other_run.id == other_place.c.run_id)
        .join(other_session, other_session.run_id == other_run.id)
        .where(
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
            CourseSession.starts_at >= clock.start_of_day(on),
            other_run.cancelled_at.is_(None),
            other_session.starts_at < CourseSession.ends_at,
            other_session.ends_at > CourseSession.starts_at,
        )
        .distinct()
    )
    return {(run_id, person_id) for run_id, person_id in rows}
