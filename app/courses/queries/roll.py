"""Queries for the people on a run.

Pages and documents must show only the names of attendees who meet `is_listed_for`.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, true
from sqlalchemy.orm import selectinload

from app.core import clock, folding
from app.core.actor import Actor, Scope
from app.core.db import db
from app.core.permissions import Role
from app.courses.models import Attendee, Booking, CourseRun
from app.courses.queries.holders import is_for_person, list_places
from app.courses.queries.letters import contact_channels, latest_letters_for
from app.courses.queries.runs import runs_by_id
from app.courses.types import BookingFacts, HeldPlaces, RollEntry, TrainerAccess, UnlistedPlaces
from app.organisations.models import Organisation
from app.organisations.queries import secrecy
from app.people.models import Person
from app.people.queries import visible_to


def _roll_scope(actor: Actor, run: CourseRun) -> Scope:
    """Return the scope of the people that the actor can see on this run's pages.

    Trainers can see the people on their runs, except those hidden from them: members of sensitive
    networks, unless the trainer has permission to see them, and people who have blocked the trainer
    or an organisation that the trainer acts for. This also applies to a trainer who manages all
    runs. `is_listed_for` then applies the choices of the attendees.
    """
    if actor.kind == "system" or not _is_trainer_of(actor, run):
        return Scope.for_actor(actor)
    partner = Role.PARTNER in actor.roles and Role.COORDINATOR not in actor.roles
    return Scope(
        everyone=True,
        sensitive=actor.may("networks:sensitive")
        and not partner,  # a partner's permission covers one network only
        user_id=actor.user_id,
        organisation_ids=actor.organisation_ids,
    )


def _is_trainer_of(actor: Actor, run: CourseRun) -> bool:
    return actor.user_id is not None and run.trainer_user_id == actor.user_id


def is_listed_for(actor: Actor, run: CourseRun, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for attendees whose names the actor is allowed to see.

    The query must join Attendee with Booking and outer-join Person.
    """
    scope = _roll_scope(actor, run)
    if scope.unrestricted:
        return true()
    conditions = [
        or_(Attendee.person_id.is_(None), visible_to(scope, on)),
        or_(
            Attendee.person_id.is_not(None),
            secrecy.is_organisation_visible(scope, Booking.organisation_id),
        ),
    ]
    if _is_trainer_of(actor, run):
        conditions.append(Attendee.trainer_reads == TrainerAccess.NAME)
    return and_(*conditions)


def list_visible_attendees(actor: Actor, run: CourseRun, on: date) -> list[RollEntry]:
    """Return the attendees of a run who are visible to the actor, sorted by name."""
    rows = db.session.execute(
        select(Attendee, Person.full_name, Organisation.name)
        .join(Booking, Booking.id == Attendee.booking_id)
        .outerjoin(Person, Person.id == Attendee.person_id)
        .outerjoin(Organisation, _is_visible_organisation(_roll_scope(actor, run)))
        .where(
            Attendee.run_id == run.id,
            Attendee.cancelled_at.is_(None),
            is_listed_for(actor, run, on),
        )
        .options(selectinload(Attendee.marks))
        .order_by(Attendee.id)
        .execution_options(populate_existing=True)  # reload marks that have just changed
    ).all()
    attendees = [attendee for attendee, _, _ in rows]
    letters = latest_letters_for(actor, run, attendees, on)
    channels, silent = contact_channels(attendees)
    people = [
        RollEntry(
            attendee_id=attendee.id,
            person_id=attendee.person_id,
            name=full_name or attendee.name or "",
            organisation=organisation,
            walk_in=attendee.walk_in,
            access_needs=attendee.access_needs,
            marks={mark.session_id: mark.mark for mark in attendee.marks},
            letter=letters.get(attendee.id),
            channel=channels.get(attendee.id),
            silent=attendee.id in silent,
        )
        for attendee, full_name, organisation in rows
    ]
    return folding.sort_by_name(people, lambda entry: (entry.name, entry.attendee_id))


def _is_visible_organisation(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for joining bookings to organisations visible to the reader."""
    return and_(
        Organisation.id == Booking.organisation_id,
        secrecy.is_organisation_visible(scope, Booking.organisation_id),
    )


def people_on_own_runs(actor: Actor, run: CourseRun, on: date) -> dict[int, str]:
    """Return the names of people on all runs of this run's trainer, by person ID, sorted by name.

    People who have left or whose names the trainer is not allowed to see are left out. Returns an
    empty dict if the actor is not the trainer.
    """
    if not _is_trainer_of(actor, run):
        return {}
    rows = db.session.execute(
        select(Person.id, Person.full_name, Person.folded_name)
        .join(Attendee, Attendee.person_id == Person.id)
        .join(Booking, Booking.id == Attendee.booking_id)
        .join(CourseRun, CourseRun.id == Attendee.run_id)
        .where(
            CourseRun.trainer_user_id == actor.user_id,
            Attendee.cancelled_at.is_(None),
            Person.approved_at.is_not(None),
            Person.left_on.is_(None),
            is_listed_for(actor, run, on),
        )
        .distinct()
    )
    return {row[0]: row[1] for row in sorted(rows, key=lambda row: (row[2], row[0]))}


def unlisted_attendees(actor: Actor, run: CourseRun, on: date) -> list[Attendee]:
    """Return the attendees whose names are hidden from the actor."""
    return list(
        db.session.scalars(
            select(Attendee)
            .join(Booking, Booking.id == Attendee.booking_id)
            .outerjoin(Person, Person.id == Attendee.person_id)
            .where(
                Attendee.run_id == run.id,
                Attendee.cancelled_at.is_(None),
                not_(is_listed_for(actor, run, on)),
            )
            .options(selectinload(Attendee.marks))
            .execution_options(populate_existing=True)
        )
    )


def unlisted_places(actor: Actor, run: CourseRun, on: date) -> UnlistedPlaces:
    """Return the places that are neither listed for the actor nor held by the actor."""
    people = unlisted_attendees(actor, run, on)
    held = sum(
        booking.headcount
        for booking, _, may_name in _bookings_with_held_places(actor, run)
        if not may_name
    )
    needs: list[str] = []
    if _is_trainer_of(actor, run):
        visible_ids = _remove_blockers_of_trainer(run, on, [each.id for each in people])
        needs = [
            each.access_needs
            for each in people
            if each.access_needs
            and each.trainer_reads is not TrainerAccess.NOTHING
            and each.id in visible_ids
        ]
    return UnlistedPlaces(len(people) + held, tuple(sorted(needs, key=str.casefold)))


def _remove_blockers_of_trainer(run: CourseRun, on: date, attendee_ids: list[int]) -> set[int]:
    """Return these attendee IDs without those of people who have blocked the run's trainer."""
    scope = Scope(everyone=True, sensitive=True, user_id=run.trainer_user_id)
    return set(
        db.session.scalars(
            select(Attendee.id)
            .outerjoin(Person, Person.id == Attendee.person_id)
            .where(
                Attendee.id.in_(attendee_ids),
                or_(Attendee.person_id.is_(None), visible_to(scope, on)),
            )
        )
    )


def held_places(actor: Actor, run: CourseRun) -> list[HeldPlaces]:
    """Return the unnamed places that the actor is allowed to name or release."""
    return [
        HeldPlaces(booking.id, booking.organisation_id, organisation, booking.headcount)
        for booking, organisation, may_name in _bookings_with_held_places(actor, run)
        if may_name
    ]


def _bookings_with_held_places(
    actor: Actor, run: CourseRun
) -> list[tuple[Booking, str | None, bool]]:
    """Return the bookings of a run with unnamed places.

    Each row is (booking, name of the organisation, whether the actor is allowed to name the
    places).
    """
    is_visible = secrecy.is_organisation_visible(_roll_scope(actor, run), Booking.organisation_id)
    rows = db.session.execute(
        select(Booking, Organisation.name, is_visible)
        .outerjoin(Organisation, Organisation.id == Booking.organisation_id)
        .where(
            Booking.run_id == run.id,
            Booking.cancelled_at.is_(None),
            Booking.headcount > 0,
        )
        .order_by(Organisation.folded_name, Booking.id)
    )
    can_see_sensitive = _roll_scope(actor, run).sensitive
    return [
        (
            row,
            name,
            can_edit_organisation
            and can_name_places(actor, row, can_see_sensitive=can_see_sensitive),
        )
        for row, name, can_edit_organisation in rows
    ]


def find_held_booking(actor: Actor, run: CourseRun, booking_id: int) -> Booking | None:
    """Return a booking if the actor is allowed to name or release its places, otherwise None.

    All bookings of the run are read, so that hidden bookings and missing ones take the same time.
    """
    rows = _bookings_with_held_places(actor, run)
    return next((row for row, _, may_name in rows if may_name and row.id == booking_id), None)


def can_name_places(actor: Actor, booking: Booking, *, can_see_sensitive: bool) -> bool:
    """Return whether the actor is allowed to name or release the unnamed places of a booking.

    The user who holds the places can do so. If the places are held for an organisation, users with
    permission to see sensitive networks can do so too. For all other managers, these places are
    unlisted, like the places of hidden people.
    """
    if actor.kind == "system":
        return True
    own = actor.user_id is not None and booking.booker_user_id == actor.user_id
    return own or (booking.organisation_id is not None and can_see_sensitive)


def listed_attendee(actor: Actor, run: CourseRun, attendee_id: int, on: date) -> Attendee | None:
    """Return an attendee if their name is visible to the actor, otherwise None."""
    return db.session.scalar(
        select(Attendee)
        .join(Booking, Booking.id == Attendee.booking_id)
        .outerjoin(Person, Person.id == Attendee.person_id)
        .where(
            Attendee.id == attendee_id,
            Attendee.run_id == run.id,
            Attendee.cancelled_at.is_(None),
            is_listed_for(actor, run, on),
        )
    )


def is_offered_to(person_id: int | None) -> ColumnElement[bool]:
    """Return the SQL condition for runs that are published or on which the person has a place.

    Use it in the query that reads the run, so that a planned run and a missing one take the same
    time.
    """
    published = CourseRun.published_at.is_not(None)
    if person_id is None:
        return published
    place = exists().where(
        Attendee.run_id == CourseRun.id,
        is_for_person(person_id),
        Attendee.cancelled_at.is_(None),
    )
    return or_(published, place)


def find_place(run_id: int, person_id: int) -> Attendee | None:
    """Return the person's current place on the run, or None.

    If there are several, a place booked for the person comes before one linked to the person later.
    """
    return next(iter(list_places(run_id, person_id)), None)


def list_bookings(person_id: int, on: date) -> list[BookingFacts]:
    """Return a person's past and current places, latest run first, with one place per run.

    If the person gave up a place and booked again, only the current place is returned.
    """
    rows = db.session.scalars(
        select(Attendee)
        .where(is_for_person(person_id))
        .order_by(
            Attendee.cancelled_at.is_not(None), Attendee.person_id.is_(None), Attendee.id.desc()
        )
    )
    latest: dict[int, Attendee] = {}
    for row in rows:
        latest.setdefault(row.run_id, row)
    runs = runs_by_id(latest, on)
    found = [
        BookingFacts(
            attendee_id=row.id,
            run=runs[run_id],
            cancelled_on=clock.london_day(row.cancelled_at) if row.cancelled_at else None,
            trainer_reads=row.trainer_reads,
            named=row.person_id is None,
        )
        for run_id, row in latest.items()
    ]
    return sorted(found, key=lambda each: (each.run.first_day, each.attendee_id), reverse=True)
