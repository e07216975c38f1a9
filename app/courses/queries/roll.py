"""Reads of who is on a run. A reader meets only those they may: see `is_met_by`."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, not_, or_, select, true
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.actor import Actor, Scope
from app.core.db import db
from app.courses.models import Attendee, Booking, CourseRun
from app.courses.queries.news import latest_news, reached_by
from app.courses.queries.runs import runs_by_id
from app.courses.types import BookingFacts, HeldPlaces, OnRoll
from app.organisations import secrecy
from app.organisations.models import Organisation
from app.people.models import Person
from app.people.queries import visible_to


def is_met_by(actor: Actor, run: CourseRun, on: date) -> ColumnElement[bool]:
    """A condition on Attendee (with Person joined): whom `actor` meets on this run's pages.

    The run's trainer meets everybody on it but those who blocked them: a person who shows their
    face in the room shows their name on the sheet. Anybody else meets whom they may read anyway.
    """
    scope = Scope.of(actor)
    if actor.user_id is not None and run.trainer_user_id == actor.user_id:
        scope = Scope(everyone=True, sensitive=True, user_id=actor.user_id)
    met = true() if scope.unrestricted else visible_to(scope, on)
    return or_(Attendee.person_id.is_(None), met)


def roll(actor: Actor, run: CourseRun, on: date) -> list[OnRoll]:
    """Who is on the run, by name, as `actor` may meet them."""
    rows = db.session.execute(
        select(Attendee, Person.full_name, Organisation.name)
        .join(Booking, Booking.id == Attendee.booking_id)
        .outerjoin(Person, Person.id == Attendee.person_id)
        .outerjoin(Organisation, _named_to(Scope.of(actor)))
        .where(
            Attendee.run_id == run.id,
            Attendee.cancelled_at.is_(None),
            is_met_by(actor, run, on),
        )
        .options(selectinload(Attendee.marks))
        .order_by(Attendee.id)
        .execution_options(populate_existing=True)  # marks may have been made a moment ago
    ).all()
    everybody = [attendee for attendee, _, _ in rows]
    news = latest_news(run, [one.id for one in everybody])
    channels = reached_by(everybody)
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


def unmet(actor: Actor, run: CourseRun, on: date) -> list[Attendee]:
    """Who is on the run and must not be met by `actor`: never to be named or counted to them."""
    return list(
        db.session.scalars(
            select(Attendee)
            .outerjoin(Person, Person.id == Attendee.person_id)
            .where(
                Attendee.run_id == run.id,
                Attendee.cancelled_at.is_(None),
                not_(is_met_by(actor, run, on)),
            )
            .options(selectinload(Attendee.marks))
            .order_by(Attendee.id)
            .execution_options(populate_existing=True)
        )
    )


def refuse_to_meet(user_id: int, run_id: int, on: date) -> bool:
    """Whether somebody on the run asked never to meet this user."""
    scope = Scope(everyone=True, sensitive=True, user_id=user_id)
    found = db.session.scalar(
        select(Attendee.id)
        .join(Person, Person.id == Attendee.person_id)
        .where(
            Attendee.run_id == run_id,
            Attendee.cancelled_at.is_(None),
            not_(visible_to(scope, on)),
        )
        .limit(1)
    )
    return found is not None


def held_places(actor: Actor, run: CourseRun, on: date) -> list[HeldPlaces]:
    """Places on the run that have no names, as `actor` may know of them.

    What others of the team keep is one number, and in it are the places of people whom `actor`
    must not meet: so places add up for every reader, and nothing tells the ones from the others.
    """
    rows = db.session.execute(
        select(Booking, Organisation.name)
        .outerjoin(Organisation, _named_to(Scope.of(actor)))
        .where(
            Booking.run_id == run.id,
            Booking.cancelled_at.is_(None),
            Booking.headcount > 0,
        )
        .order_by(Organisation.name, Booking.id)
    )
    found, others = [], len(unmet(actor, run, on))
    for booking, name in rows:
        if is_theirs(actor, booking):
            found.append(HeldPlaces(booking.id, booking.organisation_id, name, booking.headcount))
        else:
            others += booking.headcount
    return found + ([HeldPlaces(None, None, None, others)] if others else [])


def is_theirs(actor: Actor, booking: Booking) -> bool:
    """Whether `actor` may name and give back its nameless places: the team's, who kept them."""
    own = actor.user_id is not None and booking.booker_user_id == actor.user_id
    return (
        own
        or actor.kind == "system"
        or (
            booking.organisation_id is not None
            and secrecy.knows_organisation(Scope.of(actor), booking.organisation_id)
        )
    )


def attendee(actor: Actor, run: CourseRun, attendee_id: int, on: date) -> Attendee | None:
    """One attendee of the run, if `actor` meets them."""
    return db.session.scalar(
        select(Attendee)
        .outerjoin(Person, Person.id == Attendee.person_id)
        .where(
            Attendee.id == attendee_id,
            Attendee.run_id == run.id,
            Attendee.cancelled_at.is_(None),
            is_met_by(actor, run, on),
        )
    )


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
        )
        for run_id, row in latest.items()
    ]
    return sorted(found, key=lambda each: (each.run.first_day, each.attendee_id), reverse=True)
