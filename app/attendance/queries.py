"""Queries for attendance, sign-off and attendees without a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, cast, func, not_, or_, select
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.core import clock, paging
from app.core.actor import Actor, Scope
from app.core.db import db
from app.core.in_force import in_force
from app.courses.models import (
    Attendance,
    Attendee,
    AttendeeLink,
    Booking,
    CourseRun,
    CourseSession,
)
from app.courses.queries import holders
from app.courses.queries.runs import find_runs
from app.courses.types import RunFacts, TrainerAccess
from app.organisations.queries import secrecy
from app.people.models import ContactPoint, Person, PersonContact
from app.people.queries import visible_to
from app.people.types import ContactKind

_OUTCOME_OPTIONS = (
    selectinload(Attendee.marks),
    joinedload(Attendee.run).selectinload(CourseRun.sessions),
)
_NEWEST_FIRST = paging.Order("attendees", (int,))


def attendees_with_marks(run_id: int) -> list[Attendee]:
    """Return the current attendees of a run with their attendance, ordered by ID."""
    return list(
        db.session.scalars(
            select(Attendee)
            .where(Attendee.run_id == run_id, Attendee.cancelled_at.is_(None))
            .options(selectinload(Attendee.marks))
            .order_by(Attendee.id)
            .execution_options(populate_existing=True)
        )
    )


def removed_attendees(run_id: int) -> list[Attendee]:
    """Return the former attendees of a run, ordered by ID."""
    return list(
        db.session.scalars(
            select(Attendee)
            .where(Attendee.run_id == run_id, Attendee.cancelled_at.is_not(None))
            .order_by(Attendee.id)
        )
    )


def signed_off_places(person_ids: Collection[int]) -> list[Attendee]:
    """Return these people's past and current places on signed-off runs, ordered by run."""
    return list(
        db.session.scalars(
            select(Attendee)
            .join(CourseRun, CourseRun.id == Attendee.run_id)
            .where(holders.is_for_any_person(person_ids), CourseRun.completed_at.is_not(None))
            .order_by(Attendee.run_id, Attendee.id)
        )
    )


def load_marks(session_ids: Collection[int]) -> dict[tuple[int, int], Attendance]:
    """Return the attendance at these sessions, by attendee ID and session ID."""
    rows = db.session.scalars(select(Attendance).where(Attendance.session_id.in_(session_ids)))
    return {(row.attendee_id, row.session_id): row for row in rows}


def has_ended_sql(at: datetime) -> ColumnElement[bool]:
    """Return the SQL condition for runs whose last session has ended.

    `RunFacts.has_ended` is the same rule for one run.
    """
    last = (
        select(func.max(CourseSession.ends_at))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )
    return last <= at


def runs_awaiting_sign_off(at: datetime, trainer_user_id: int | None) -> list[RunFacts]:
    """Return the runs that have ended by `at` but have not been signed off."""
    conditions = [
        CourseRun.cancelled_at.is_(None),
        CourseRun.completed_at.is_(None),
        has_ended_sql(at),
    ]
    if trainer_user_id is not None:
        conditions.append(CourseRun.trainer_user_id == trainer_user_id)
    return find_runs(conditions, clock.london_day(at))


def runs_with_missing_marks(on: date) -> list[RunFacts]:
    """Return runs from the last year that were signed off without recording all attendance."""
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
    since = clock.start_of_day(on - timedelta(days=366))
    conditions = [CourseRun.completed_at >= since, CourseRun.cancelled_at.is_(None), unmarked]
    return find_runs(conditions, on)


def find_contact_matches(on: date) -> list[tuple[Attendee, int, str]]:
    """Return unlinked attendees, each with a person who has the same email address.

    Each row is (attendee, person ID, folded name of the person). The phone number is compared if no
    email address was entered. People who are not in the network are left out. The result must not
    be shown to users.
    """
    rows = db.session.execute(
        select(Attendee, Person.id, Person.folded_name)
        .join(CourseRun, CourseRun.id == Attendee.run_id)
        .join(
            ContactPoint,
            or_(
                and_(
                    ContactPoint.kind == ContactKind.EMAIL,
                    ContactPoint.value == cast(Attendee.email, CITEXT),
                ),
                and_(
                    ContactPoint.kind == ContactKind.PHONE,
                    ContactPoint.value == cast(Attendee.phone, CITEXT),
                    Attendee.email.is_(None),
                ),
            ),
        )
        .join(PersonContact, PersonContact.contact_point_id == ContactPoint.id)
        .join(Person, Person.id == PersonContact.person_id)
        .where(
            Attendee.person_id.is_(None),
            Attendee.cancelled_at.is_(None),
            CourseRun.cancelled_at.is_(None),
            Person.approved_at.is_not(None),
            Person.left_on.is_(None),
            in_force(PersonContact, on),
            not_(_has_link()),
        )
        .order_by(Attendee.id, Person.id)
    )
    return [(attendee, person_id, name) for attendee, person_id, name in rows]


def _has_link(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(AttendeeLink.id)
        .join(Person, Person.id == AttendeeLink.person_id)
        .where(AttendeeLink.attendee_id == Attendee.id, holders.is_link_in_force, *conditions)
        .correlate(Attendee)
        .exists()
    )


def undone_links(attendee_ids: Iterable[int]) -> list[AttendeeLink]:
    """Return the links of these attendees that have been undone."""
    return [each for each in holders.list_links(list(attendee_ids)) if each.undone_at is not None]


def lock_attendees_with_runs(attendee_ids: Iterable[int]) -> list[Attendee]:
    """Lock the runs of these attendees in order, then reload and return the attendees."""
    ids = list(attendee_ids)
    run_ids = select(Attendee.run_id).where(Attendee.id.in_(ids))
    db.session.scalars(
        select(CourseRun)
        .where(CourseRun.id.in_(run_ids))
        .order_by(CourseRun.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return list(
        db.session.scalars(
            select(Attendee)
            .where(Attendee.id.in_(ids))
            .order_by(Attendee.id)
            .execution_options(populate_existing=True)
        )
    )


def attendees_added_by_name(actor: Actor, on: date, cursor: str | None) -> paging.Page[Attendee]:
    """Return a page of attendees who were added by name and are not linked, newest first.

    Links to people hidden from the actor are ignored. Attendees linked to a person who has another
    place on the run are included.
    """
    scope = Scope.for_actor(actor)
    visible_link = _has_link(visible_to(scope, on))
    conditions = [
        *_visible_named_attendees(actor, scope),
        or_(not_(visible_link), and_(visible_link, _has_other_place(scope, on))),
    ]
    after = _NEWEST_FIRST.decode(cursor)
    if after is not None:
        conditions.append(Attendee.id < after[0])
    rows = db.session.scalars(
        select(Attendee)
        .join(CourseRun, CourseRun.id == Attendee.run_id)
        .join(Booking, Booking.id == Attendee.booking_id)
        .where(*conditions)
        .options(*_OUTCOME_OPTIONS)
        .order_by(Attendee.id.desc())
        .limit(paging.PAGE_SIZE + 1)
    ).all()
    return _NEWEST_FIRST.page(rows, lambda row: (row.id,), cursor)


def _visible_named_attendees(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for visible current attendees without a record."""
    return [
        Attendee.name.is_not(None),
        Attendee.person_id.is_(None),
        Attendee.cancelled_at.is_(None),
        CourseRun.cancelled_at.is_(None),
        secrecy.is_organisation_visible(scope, Booking.organisation_id),
        or_(
            CourseRun.trainer_user_id != (actor.user_id or 0),
            Attendee.trainer_reads == TrainerAccess.NAME,
        ),
    ]


def _has_other_place(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for attendees linked to a person with another place on the run."""
    other = aliased(Attendee)
    return (
        select(other.id)
        .join(AttendeeLink, AttendeeLink.person_id == other.person_id)
        .join(Person, Person.id == other.person_id)
        .where(
            AttendeeLink.attendee_id == Attendee.id,
            holders.is_link_in_force,
            other.run_id == Attendee.run_id,
            other.cancelled_at.is_(None),
            visible_to(scope, on),
        )
        .correlate(Attendee)
        .exists()
    )


def attendees_with_other_place(people: Mapping[int, int]) -> set[int]:
    """Return the IDs of attendees who have another place on their run.

    `people` maps attendee IDs to person IDs.
    """
    own, other = holders.current_places(), holders.current_places()
    rows = db.session.execute(
        select(own.c.attendee_id, own.c.person_id)
        .join(
            other,
            and_(
                other.c.run_id == own.c.run_id,
                other.c.person_id == own.c.person_id,
                other.c.attendee_id != own.c.attendee_id,
            ),
        )
        .where(own.c.attendee_id.in_(people))
    )
    return {attendee_id for attendee_id, person_id in rows if people[attendee_id] == person_id}


def similar_attendees(actor: Actor, name: str, contacts: Sequence[str]) -> list[Attendee]:
    """Return unlinked attendees with a similar name or the same contact details, newest first.

    Attendees hidden from the actor are left out.
    """
    on = clock.today()
    scope = Scope.for_actor(actor)
    return list(
        db.session.scalars(
            select(Attendee)
            .join(CourseRun, CourseRun.id == Attendee.run_id)
            .join(Booking, Booking.id == Attendee.booking_id)
            .where(
                *_visible_named_attendees(actor, scope),
                not_(_has_link(visible_to(scope, on))),
                or_(
                    Attendee.name.op("%")(name),
                    Attendee.email.in_(contacts),
                    Attendee.phone.in_(contacts),
                ),
            )
            .options(*_OUTCOME_OPTIONS)
            .order_by(Attendee.id.desc())
            .limit(paging.PAGE_SIZE)
        )
    )
