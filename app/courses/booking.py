"""Places on a run: taking, naming and giving them up.

Every path takes the run's lock first, so that capacity holds whoever books and however many at
once. Where it is about a person of ours, it takes theirs before, so that nobody is on two courses
at the same time; always in this order, as whoever changes a person does.
"""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.certificates import expiry
from app.certificates import queries as certificates
from app.core import audit, clock, words
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.words import Said
from app.courses import queries, telling
from app.courses.models import Attendee, Booking, CourseRun
from app.courses.queries import rows
from app.courses.running import facts, find, may_manage_all
from app.courses.types import (
    MOST_AT_ONCE,
    BookingFacts,
    NewAttendee,
    RunFacts,
    RunState,
    TrainerReads,
)
from app.organisations.queries import secrecy
from app.people import pausing
from app.people.models import Person
from app.people.queries import get_visible, locking, visible_ids

SHUT = Said(
    {
        RunState.PLANNED: _l("This course is not open for booking yet."),
        RunState.FULL: _l("All places on this course are taken."),
        RunState.CLOSED: _l("Booking for this course has closed."),
        RunState.CANCELLED: _l("This course has been cancelled."),
        RunState.COMPLETED: _l("This course is over."),
    }
)


def book_own(
    actor: Actor,
    run_id: int,
    access_needs: str | None = None,
    trainer_reads: TrainerReads = TrainerReads.NAME,
) -> int:
    """A champion books a place for themself; returns the attendee's id.

    Twice gives the same place. Raises Conflict with the reason when there is none for them.
    """
    if actor.person_id is None:
        raise NotFound()
    person = locking.lock(actor.person_id)
    run = _lock(run_id)
    if run.published_at is None:
        raise NotFound()
    state = facts(run.id)
    known = queries.on_run(run.id, person.id)
    if known is not None:
        return known.id
    if state.state is not RunState.OPEN:
        raise Conflict(SHUT[state.state])
    return _place(actor, run, state, person, access_needs, trainer_reads)


def book_person(
    actor: Actor,
    run_id: int,
    person_id: int,
    access_needs: str | None = None,
    trainer_reads: TrainerReads = TrainerReads.NAME,
) -> int:
    """Staff book a place for a person they may read; returns the attendee's id.

    Raises NotFound for a person who is not there, and for one who never wants to meet the trainer:
    a sentence of its own would tell of it.
    """
    person = locking.lock(get_visible(Scope.of(actor), person_id).id)
    run = find(actor, run_id, lock=True)
    state = facts(run.id)
    known = queries.on_run(run.id, person.id)
    if known is not None:
        return known.id
    if _has_blocked_the_trainer(run, person):
        raise NotFound()
    _refuse_unless_running(state)
    _need_places(state, 1)
    return _place(actor, run, state, person, access_needs, trainer_reads)


def add_named(actor: Actor, run_id: int, new: NewAttendee) -> int:
    """Add somebody who has no record here: an organisation's person, or a walk-in."""
    if not new.name.strip():
        raise InvalidInput(_("Enter their full name"), "name")
    run = find(actor, run_id, lock=True)
    state = facts(run.id)
    _refuse_unless_running(state)
    with audit.acting(actor, AuditVerb.BOOKING_ADD_NAMED):
        booking = _from_held_places(actor, run, new.from_booking_id)
        if booking is None:
            _need_places(state, 1)
            _check_organisation(actor, new.organisation_id)
            booking = _booking(actor, run, organisation_id=new.organisation_id)
        attendee = Attendee(
            run_id=run.id,
            booking_id=booking.id,
            name=new.name.strip(),
            email=new.email or None,
            access_needs=new.access_needs or None,
            trainer_reads=new.trainer_reads,
            walk_in=new.walk_in,
            added_at=clock.now(),
        )
        db.session.add(attendee)
    telling.tell_booked(state, attendee)
    return attendee.id


def hold_places(actor: Actor, run_id: int, organisation_id: int | None, headcount: int) -> int:
    """Keep places for an organisation, or for the team (None), that will name people later.

    Returns the booking's id.
    """
    if not 1 <= headcount <= MOST_AT_ONCE:
        raise InvalidInput(_("Enter a number from 1 to %(most)s", most=MOST_AT_ONCE), "headcount")
    run = find(actor, run_id, lock=True)
    state = facts(run.id)
    _refuse_unless_running(state)
    _need_places(state, headcount)
    _check_organisation(actor, organisation_id)
    with audit.acting(actor, AuditVerb.BOOKING_HOLD):
        booking = _booking(actor, run, organisation_id=organisation_id, headcount=headcount)
    return booking.id


def release_places(actor: Actor, run_id: int, booking_id: int) -> None:
    """Give nameless places back; the people already named keep theirs. What one of the team
    keeps, nobody else gives back.
    """
    run = find(actor, run_id, lock=True)
    booking = queries.held_by(actor, run, booking_id)
    if booking is None:
        raise NotFound()
    _refuse_unless_running(facts(run.id))
    with audit.acting(actor, AuditVerb.BOOKING_RELEASE):
        booking.headcount = 0
        _close_if_empty(booking)


def give_up_own(actor: Actor, run_id: int) -> int | None:
    """A champion gives up their own place; without one this changes nothing.

    Returns the attendee's id.
    """
    if actor.person_id is None:
        raise NotFound()
    run = _lock(run_id)
    attendee = queries.on_run(run.id, actor.person_id)
    if attendee is not None:
        _give_up(actor, run, attendee)
    return attendee.id if attendee else None


def give_up_all(actor: Actor, person_id: int) -> int:
    """Free the places of somebody who leaves the network; returns how many. No letter goes: they
    said good-bye. Runs that are over keep them.
    """
    freed = 0
    for run_id in rows.open_run_ids(person_id):
        run = _lock(run_id)
        attendee = queries.on_run(run_id, person_id)
        if attendee is not None and clock.now() < facts(run_id).sessions[0].starts_at:
            _free(actor, run, attendee)
            freed += 1
    return freed


def of_paused(actor: Actor, person_id: int) -> list[BookingFacts]:
    """The places that somebody has on courses that have not begun, the first first.

    Raises NotFound for anybody but who works on safeguarding.
    """
    if not actor.may("safeguarding:work"):
        raise NotFound()
    now = clock.now()
    found = queries.bookings_of(person_id, clock.today())
    held = [
        each
        for each in found
        if each.cancelled_on is None
        and each.run.state not in (RunState.CANCELLED, RunState.COMPLETED)
        and each.run.sessions[0].starts_at > now
    ]
    return sorted(held, key=lambda each: (each.run.first_day, each.attendee_id))


def cancel_paused(actor: Actor, person_id: int, attendee_ids: Collection[int]) -> int:
    """Free these of their places, with the letter that everybody gets; returns how many."""
    wanted = [each for each in of_paused(actor, person_id) if each.attendee_id in attendee_ids]
    for each in sorted(wanted, key=lambda one: one.run.id):
        run = _lock(each.run.id)
        attendee = queries.on_run(run.id, person_id)
        if attendee is not None:
            _give_up(actor, run, attendee)
    return len(wanted)


def remove(actor: Actor, run_id: int, attendee_id: int) -> None:
    """Staff take somebody off the run; they are told, if they can be."""
    run = find(actor, run_id, lock=True)
    attendee = queries.attendee(actor, run, attendee_id, clock.today())
    if attendee is None:
        raise NotFound()
    _give_up(actor, run, attendee)


def _lock(run_id: int) -> CourseRun:
    run = rows.run(run_id, lock=True)
    if run is None:
        raise NotFound()
    return run


def _place(
    actor: Actor,
    run: CourseRun,
    state: RunFacts,
    person: Person,
    access_needs: str | None,
    trainer_reads: TrainerReads,
) -> int:
    """Give the person a place on the locked run, which has one."""
    _check_person(actor, run, state, person)
    with audit.acting(actor, AuditVerb.BOOKING_BOOK):
        booking = _booking(actor, run)
        attendee = Attendee(
            run_id=run.id,
            booking_id=booking.id,
            person_id=person.id,
            access_needs=access_needs or None,
            trainer_reads=trainer_reads,
            walk_in=False,
            added_at=clock.now(),
        )
        db.session.add(attendee)
    telling.tell_booked(state, attendee)
    return attendee.id


def _booking(
    actor: Actor, run: CourseRun, *, organisation_id: int | None = None, headcount: int = 0
) -> Booking:
    booking = Booking(
        run_id=run.id,
        booker_user_id=actor.user_id,
        organisation_id=organisation_id,
        headcount=headcount,
        booked_at=clock.now(),
    )
    db.session.add(booking)
    db.session.flush()
    return booking


def _from_held_places(actor: Actor, run: CourseRun, booking_id: int | None) -> Booking | None:
    """A booking, one nameless place fewer; None where no such place is used."""
    if booking_id is None:
        return None
    booking = queries.held_by(actor, run, booking_id)
    if booking is None:
        raise Conflict(
            _("Somebody has already added a name to that place. Choose another one."),
            "from_booking_id",
        )
    booking.headcount -= 1
    return booking


def _need_places(state: RunFacts, wanted: int) -> None:
    if state.left < wanted:
        raise Conflict(
            ngettext(
                "Only %(num)s place is left on this course.",
                "Only %(num)s places are left on this course.",
                state.left,
            )
            if state.left
            else _("There are no places left on this course.")
        )


def _refuse_unless_running(state: RunFacts) -> None:
    if state.state in (RunState.CANCELLED, RunState.COMPLETED):
        raise Conflict(SHUT[state.state])


def _check_organisation(actor: Actor, organisation_id: int | None) -> None:
    """Raises InvalidInput for an organisation that is not there, or not for this actor to name."""
    if organisation_id is not None and not secrecy.knows_organisation(
        Scope.of(actor), organisation_id
    ):
        raise InvalidInput(_("Choose the organisation"), "organisation")


def _check_person(actor: Actor, run: CourseRun, state: RunFacts, person: Person) -> None:
    """Whether this person can be on this run. Raises Conflict with the reason."""
    own = actor.person_id == person.id
    if person.approved_at is None:
        raise Conflict(_("Approve them before you book a course for them."))
    if person.left_on is not None:
        raise Conflict(_("They have left the network, so you cannot book a course for them."))
    pausing.refuse_if_paused(person.id, clock.today(), own=own)
    if own and _has_blocked_the_trainer(run, person):
        raise Conflict(
            _("You asked never to meet the trainer of this course. Choose another course.")
        )
    _check_prerequisite(state, person, own=own)
    if rows.is_elsewhere(person.id, run.id):
        raise Conflict(
            _("You have a place on another course at that time.")
            if own
            else _("They have a place on another course at that time.")
        )


def _has_blocked_the_trainer(run: CourseRun, person: Person) -> bool:
    trainer = Scope(everyone=True, sensitive=True, user_id=run.trainer_user_id)
    return not visible_ids(trainer, [person.id], clock.today())


def _check_prerequisite(state: RunFacts, person: Person, *, own: bool) -> None:
    """Judged on the first day of the run, not today."""
    kind_id = state.type.prerequisite_id
    if kind_id is None:
        return
    held = certificates.last_day_held(person.id, kind_id, clock.today())
    rule = expiry.rule_on(certificates.rules_of(kind_id), state.first_day)
    if held and rule and expiry.renewable(*held, rule, state.first_day):
        return
    said = (
        _(
            "You need a certificate for %(kind)s that is in date on %(day)s, the first day.",
            kind=state.type.prerequisite,
            day=words.long_date(state.first_day),
        )
        if own
        else _(
            "They need a certificate for %(kind)s that is in date on %(day)s, the first day.",
            kind=state.type.prerequisite,
            day=words.long_date(state.first_day),
        )
    )
    raise Conflict(said)


def _give_up(actor: Actor, run: CourseRun, attendee: Attendee) -> None:
    state = facts(run.id)
    _refuse_unless_running(state)
    own = actor.person_id is not None and attendee.person_id == actor.person_id
    if own and not may_manage_all(actor) and clock.now() >= state.sessions[0].starts_at:
        raise Conflict(_("This course has begun. Please call the trainer’s office."))
    _free(actor, run, attendee)
    telling.tell_given_up(state, attendee)


def _free(actor: Actor, run: CourseRun, attendee: Attendee) -> None:
    with audit.acting(actor, AuditVerb.BOOKING_GIVE_UP):
        attendee.cancelled_at = clock.now()
        attendee.access_needs = None
        run.revision += 1  # so that a calendar takes the cancellation, and a later booking
        _close_if_empty(db.session.get_one(Booking, attendee.booking_id))


def _close_if_empty(booking: Booking) -> None:
    db.session.flush()
    if booking.headcount == 0 and not rows.has_attendees(booking.id):
        booking.cancelled_at = clock.now()
