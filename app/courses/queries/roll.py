"""Reads of who is on a run. Pages and papers name only those in `is_listed_for`."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, true
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.actor import Actor, Scope
from app.core.db import db
from app.core.permissions import Role
from app.courses.models import Attendee, Booking, CourseRun
from app.courses.queries.news import latest_news, reached_by
from app.courses.queries.runs import runs_by_id
from app.courses.types import BookingFacts, HeldPlaces, OnRoll, TrainerReads, Unlisted
from app.organisations.models import Organisation
from app.organisations.queries import secrecy
from app.people.models import Person
from app.people.queries import visible_to


def _scope_on(actor: Actor, run: CourseRun) -> Scope:
    """Whom `actor` may read on this run's pages, before what the attendees chose.

    To train a run opens its roll and nothing hidden: people of sensitive networks stay hidden from
    a trainer without the permission, and whoever blocked the trainer, or an organisation that the
    trainer acts for, stays hidden too. To look after all runs adds nothing to a trainer's view.
    """
    if actor.kind == "system" or not _trains(actor, run):
        return Scope.of(actor)
    partner = Role.PARTNER in actor.roles and Role.COORDINATOR not in actor.roles
    return Scope(
        everyone=True,
        sensitive=actor.may("networks:sensitive") and not partner,  # theirs: of one network only
        user_id=actor.user_id,
        organisation_ids=actor.organisation_ids,
    )


def _trains(actor: Actor, run: CourseRun) -> bool:
    return actor.user_id is not None and run.trainer_user_id == actor.user_id


def is_listed_for(actor: Actor, run: CourseRun, on: date) -> ColumnElement[bool]:
    """A condition on Attendee (joined with Booking and, where there is one, Person): whom this
    run's pages and papers name to `actor`. The trainer's view is the most careful of all roles.
    """
    scope = _scope_on(actor, run)
    if scope.unrestricted:
        return true()
    conditions = [
        or_(Attendee.person_id.is_(None), visible_to(scope, on)),
        or_(
            Attendee.person_id.is_not(None),
            secrecy.organisation_known_to(scope, Booking.organisation_id),
        ),
    ]
    if _trains(actor, run):
        conditions.append(Attendee.trainer_reads == TrainerReads.NAME)
    return and_(*conditions)


def roll(actor: Actor, run: CourseRun, on: date) -> list[OnRoll]:
    """Who is on the run, by name, as `actor` may read them."""
    rows = db.session.execute(
        select(Attendee, Person.full_name, Organisation.name)
        .join(Booking, Booking.id == Attendee.booking_id)
        .outerjoin(Person, Person.id == Attendee.person_id)
        .outerjoin(Organisation, _named_to(_scope_on(actor, run)))
        .where(
            Attendee.run_id == run.id,
            Attendee.cancelled_at.is_(None),
            is_listed_for(actor, run, on),
        )
        .options(selectinload(Attendee.marks))
        .order_by(Attendee.id)
        .execution_options(populate_existing=True)  # marks may have been made a moment ago
    ).all()
    everybody = [attendee for attendee, _, _ in rows]
    news = latest_news(run, [one.id for one in everybody])
    channels, silent = reached_by(everybody)
    people = [
        OnRoll(
            attendee_id=attendee.id,
            person_id=attendee.person_id,
            name=full_name or attendee.name or "",
            organisation=organisation,
            walk_in=attendee.walk_in,
            access_needs=attendee.access_needs,
            marks={mark.session_id: mark.mark for mark in attendee.marks},
            news=news.get(attendee.id),
            channel=channels.get(attendee.id),
            silent=attendee.id in silent,
        )
        for attendee, full_name, organisation in rows
    ]
    return sorted(people, key=lambda one: (one.name.casefold(), one.attendee_id))


def _named_to(scope: Scope) -> ColumnElement[bool]:
    """Joins Booking with its Organisation, where the reader may know that it has people there."""
    return and_(
        Organisation.id == Booking.organisation_id,
        secrecy.organisation_known_to(scope, Booking.organisation_id),
    )


def unlisted_attendees(actor: Actor, run: CourseRun, on: date) -> list[Attendee]:
    """Who is on the run and not named to `actor`."""
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


def unlisted(actor: Actor, run: CourseRun, on: date) -> Unlisted:
    """The places that are taken and that `actor` neither reads by name nor keeps themself."""
    people = unlisted_attendees(actor, run, on)
    kept = sum(booking.headcount for booking, _, theirs in _held(actor, run) if not theirs)
    needs: list[str] = []
    if _trains(actor, run):
        meeting = _ids_who_meet(run, on, [each.id for each in people])
        needs = [
            each.access_needs
            for each in people
            if each.access_needs
            and each.trainer_reads is not TrainerReads.NOTHING
            and each.id in meeting
        ]
    return Unlisted(len(people) + kept, tuple(sorted(needs, key=str.casefold)))


def _ids_who_meet(run: CourseRun, on: date, attendee_ids: list[int]) -> set[int]:
    """Of these attendees, those who did not block the run's trainer."""
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
    """Places on the run that have no names, and that `actor` may name and give back."""
    return [
        HeldPlaces(booking.id, booking.organisation_id, organisation, booking.headcount)
        for booking, organisation, theirs in _held(actor, run)
        if theirs
    ]


def _held(actor: Actor, run: CourseRun) -> list[tuple[Booking, str | None, bool]]:
    """Bookings of the run with nameless places: the organisation's name, and whether the places are
    `actor`'s to name.
    """
    known = secrecy.organisation_known_to(_scope_on(actor, run), Booking.organisation_id)
    rows = db.session.execute(
        select(Booking, Organisation.name, known)
        .outerjoin(Organisation, Organisation.id == Booking.organisation_id)
        .where(
            Booking.run_id == run.id,
            Booking.cancelled_at.is_(None),
            Booking.headcount > 0,
        )
        .order_by(Organisation.name, Booking.id)
    )
    holder = _scope_on(actor, run).sensitive
    return [(row, name, may and is_theirs(actor, row, holder=holder)) for row, name, may in rows]


def held_by(actor: Actor, run: CourseRun, booking_id: int) -> Booking | None:
    """A booking of the run whose nameless places `actor` may name and give back.

    Asked of all bookings of the run at once, so that a hidden one takes the same path as none.
    """
    rows = _held(actor, run)
    return next((row for row, _, theirs in rows if theirs and row.id == booking_id), None)


def is_theirs(actor: Actor, booking: Booking, *, holder: bool) -> bool:
    """Whether `actor` may name and give back the nameless places of `booking`.

    Whoever kept the places may. So may every holder of the permission for sensitive networks, if
    the places are kept for an organisation. For other managers they are places not listed, so that
    those are not only hidden people.
    """
    if actor.kind == "system":
        return True
    own = actor.user_id is not None and booking.booker_user_id == actor.user_id
    return own or (booking.organisation_id is not None and holder)


def attendee(actor: Actor, run: CourseRun, attendee_id: int, on: date) -> Attendee | None:
    """One attendee of the run, if the roll names them to `actor`."""
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
    """A condition on CourseRun: it was published, or the person has a place on it.

    For the statement that reads the run, so that one only planned takes the same path as none.
    """
    published = CourseRun.published_at.is_not(None)
    if person_id is None:
        return published
    place = exists().where(
        Attendee.run_id == CourseRun.id,
        Attendee.person_id == person_id,
        Attendee.cancelled_at.is_(None),
    )
    return or_(published, place)


def on_run(run_id: int, person_id: int) -> Attendee | None:
    """The person's place on the run, if they have one."""
    return db.session.scalar(
        select(Attendee).where(
            Attendee.run_id == run_id,
            Attendee.person_id == person_id,
            Attendee.cancelled_at.is_(None),
        )
    )


def bookings_of(person_id: int, on: date) -> list[BookingFacts]:
    """All places a person has or had, the latest run first; given-up ones once per run."""
    rows = db.session.scalars(
        select(Attendee)
        .where(and_(Attendee.person_id == person_id))
        .order_by(Attendee.cancelled_at.is_not(None), Attendee.id.desc())
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
        )
        for run_id, row in latest.items()
    ]
    return sorted(found, key=lambda each: (each.run.first_day, each.attendee_id), reverse=True)
