"""Create course runs of the programme's types, and places on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

from sqlalchemy import select

from app.accounts.models import User
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.courses.models import (
    Attendance,
    Attendee,
    AttendeeLink,
    Booking,
    CourseRun,
    CourseSession,
    CourseType,
)
from app.courses.types import Mark, NewRun, SessionTimes
from app.people.models import Person
from tests.factories import accounts


def session_times(day: date, begin: time = time(9, 30), end: time = time(16, 30)) -> SessionTimes:
    """Return the times of a session on a day in London."""
    return SessionTimes(clock.london_instant(day, begin), clock.london_instant(day, end))


def trainer(**more: str) -> User:
    """Create a trainer."""
    return accounts.user(Role.TRAINER, **more)


def actor_of(user: User, *roles: Role, person: Person | None = None) -> Actor:
    """Return the actor for a user."""
    return Actor(
        kind="user",
        name=user.name,
        user_id=user.id,
        person_id=person.id if person else None,
        roles=frozenset(roles),
    )


def course_type(slug: str = "mhfa-two-day-adult") -> CourseType:
    """Return a course type of the loaded programme."""
    return db.session.scalars(select(CourseType).where(CourseType.slug == slug)).one()


def new_run(first: date, slug: str = "mhfa-two-day-adult", **more: object) -> NewRun:
    """Return the details of a run on as many consecutive days as the course type has."""
    days = max(1, int(course_type(slug).days))
    details: dict[str, object] = {
        "course_type": slug,
        "sessions": tuple(session_times(first + timedelta(days=n)) for n in range(days)),
        "venue": "Village Hall, Watton",
        "venue_postcode": None,
        "link": None,
        "minimum": 8,
        "capacity": 12,
        "cut_off_on": first,
    }
    return NewRun(**(details | more))


def run(
    first: date,
    slug: str = "mhfa-two-day-adult",
    *,
    trainer_user: User | None = None,
    capacity: int = 12,
    minimum: int = 8,
    sessions: Sequence[SessionTimes] = (),
    published: bool = True,
    **more: object,
) -> CourseRun:
    """Create a run that starts on `first` and is open for booking."""
    kind = course_type(slug)
    days = max(1, int(kind.days))
    details: dict[str, object] = {
        "cut_off_on": first,
        "venue": "Village Hall, Watton",
        "fee_pence": 0,
    }
    made = CourseRun(
        course_type_id=kind.id,
        trainer_user_id=(trainer_user or trainer()).id,
        minimum=minimum,
        capacity=capacity,
        created_at=clock.now(),
        published_at=clock.now() if published else None,
        revision=0,
        completions=0,
        **(details | more),
    )
    db.session.add(made)
    db.session.flush()
    for session in sessions or [session_times(first + timedelta(days=n)) for n in range(days)]:
        db.session.add(
            CourseSession(run_id=made.id, starts_at=session.starts_at, ends_at=session.ends_at)
        )
    db.session.flush()
    db.session.refresh(made)
    return made


def attendee(
    run: CourseRun,
    person: Person | None = None,
    *,
    name: str | None = None,
    email: str | None = None,
    access_needs: str | None = None,
) -> Attendee:
    """Create an attendee of a run."""
    booking = Booking(run_id=run.id, headcount=0, booked_at=clock.now())
    db.session.add(booking)
    db.session.flush()
    made = Attendee(
        run_id=run.id,
        booking_id=booking.id,
        person_id=person.id if person else None,
        name=name,
        email=email,
        access_needs=access_needs,
        walk_in=False,
        added_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def link(attendee: Attendee, person: Person) -> AttendeeLink:
    """Link an attendee to a person, as the system does for a sure match."""
    made = AttendeeLink(attendee_id=attendee.id, person_id=person.id, made_at=clock.now())
    db.session.add(made)
    db.session.flush()
    return made


def mark_attendance(attendee: Attendee, by: User, mark: Mark = Mark.ATTENDED) -> None:
    """Record the same mark for the attendee at every session."""
    sessions = db.session.scalars(
        select(CourseSession).where(CourseSession.run_id == attendee.run_id)
    )
    for session in sessions:
        db.session.add(
            Attendance(
                attendee_id=attendee.id,
                session_id=session.id,
                mark=mark,
                marked_at=clock.now(),
                marked_by_user_id=by.id,
            )
        )
    db.session.flush()
