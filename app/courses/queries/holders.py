"""Queries that match attendees with people.

An attendee who has a record was either booked as that person or linked to the record later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Subquery, func, or_, select, union_all

from app.core.db import db
from app.courses.models import Attendee, AttendeeLink

is_link_in_force = AttendeeLink.undone_at.is_(None)


def is_for_person(person_id: int) -> ColumnElement[bool]:
    """Return the SQL condition for attendees booked as, or linked to, this person."""
    return is_for_any_person([person_id])


def is_for_any_person(person_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the SQL condition for attendees booked as, or linked to, one of these people."""
    linked = select(AttendeeLink.attendee_id).where(
        AttendeeLink.person_id.in_(person_ids), is_link_in_force
    )
    return or_(Attendee.person_id.in_(person_ids), Attendee.id.in_(linked))


def attendee_person_id() -> ColumnElement[int | None]:
    """Return an SQL expression for the person ID of an attendee, or null if there is no record."""
    linked = (
        select(AttendeeLink.person_id)
        .where(AttendeeLink.attendee_id == Attendee.id, is_link_in_force)
        .correlate(Attendee)
        .scalar_subquery()
    )
    return func.coalesce(Attendee.person_id, linked)


def current_places() -> Subquery:
    """Return a subquery of the current places of people with a record.

    Its columns are `attendee_id`, `run_id`, `person_id` and `earlier_seen`. The last one is true if
    a coordinator has seen the earlier certificate that the course requires.
    """
    earlier_seen = Attendee.earlier_seen_at.is_not(None).label("earlier_seen")
    attendee_id = Attendee.id.label("attendee_id")
    booked = select(attendee_id, Attendee.run_id, Attendee.person_id, earlier_seen).where(
        Attendee.person_id.is_not(None), Attendee.cancelled_at.is_(None)
    )
    linked = (
        select(attendee_id, Attendee.run_id, AttendeeLink.person_id, earlier_seen)
        .join(AttendeeLink, AttendeeLink.attendee_id == Attendee.id)
        .where(is_link_in_force, Attendee.person_id.is_(None), Attendee.cancelled_at.is_(None))
    )
    return union_all(booked, linked).subquery()


def person_ids_by_attendee(attendees: Iterable[Attendee]) -> dict[int, int]:
    """Return the person IDs of these attendees, by attendee ID.

    Those without a record are left out.
    """
    ids = [each.id for each in attendees]
    rows = db.session.execute(select(Attendee.id, attendee_person_id()).where(Attendee.id.in_(ids)))
    return {attendee_id: person_id for attendee_id, person_id in rows if person_id is not None}


def linked_people(attendees: Collection[Attendee]) -> dict[int, int]:
    """Return the person ID of each attendee who was linked to a record, by attendee ID.

    All attendees must be on the same run. Each person is included once. People who have also booked
    a place on the run are left out.
    """
    person_ids = {each.person_id for each in attendees}
    found: dict[int, int] = {}
    for link in list_links([each.id for each in attendees if each.person_id is None]):
        if link.undone_at is None and link.person_id not in person_ids:
            person_ids.add(link.person_id)
            found[link.attendee_id] = link.person_id
    return found


def current_link(attendee_id: int) -> AttendeeLink | None:
    """Return the current link from an attendee to a record, or None."""
    return db.session.scalar(
        select(AttendeeLink).where(AttendeeLink.attendee_id == attendee_id, is_link_in_force)
    )


def list_links(attendee_ids: Collection[int]) -> list[AttendeeLink]:
    """Return all links of these attendees, including those that have been undone, ordered by ID."""
    return list(
        db.session.scalars(
            select(AttendeeLink)
            .where(AttendeeLink.attendee_id.in_(attendee_ids))
            .order_by(AttendeeLink.id)
        )
    )


def list_linked_attendee_ids(run_id: int, person_id: int) -> list[int]:
    """Return the IDs of the attendees of a run who are or were linked to this person."""
    query = (
        select(AttendeeLink.attendee_id)
        .join(Attendee, Attendee.id == AttendeeLink.attendee_id)
        .where(Attendee.run_id == run_id, AttendeeLink.person_id == person_id)
    )
    return sorted(set(db.session.scalars(query)))


def other_places(attendee: Attendee, person_id: int) -> list[Attendee]:
    """Return the person's other current places on the same run."""
    return [each for each in list_places(attendee.run_id, person_id) if each.id != attendee.id]


def list_places(run_id: int, person_id: int) -> list[Attendee]:
    """Return a person's current places on a run, ending with places linked to the person later."""
    return list(
        db.session.scalars(
            select(Attendee)
            .where(
                Attendee.run_id == run_id,
                Attendee.cancelled_at.is_(None),
                is_for_person(person_id),
            )
            .order_by(Attendee.person_id.is_(None), Attendee.id)
        )
    )
