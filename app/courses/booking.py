"""Book, hold and give up places on a course run.

Every function locks the person first, if they have a record, and then the run. The run is locked to
prevent overbooking, and the person to prevent bookings on two courses at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import audit, clock, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.words import LazyTexts
from app.courses import listed_names, notifications, queries, suitability
from app.courses.models import Attendee, Booking, CourseRun
from app.courses.places import cancel_if_empty, free_place
from app.courses.queries import rows
from app.courses.queries.holders import list_places
from app.courses.running import can_manage_all_runs, find_run, get_current_run
from app.courses.types import (
    MAX_HELD_PLACES,
    BookingFacts,
    NewAttendee,
    RunFacts,
    RunState,
    TrainerAccess,
)
from app.organisations.queries import secrecy
from app.people import activity, pausing
from app.people.models import Person
from app.people.queries import get_visible, locking

UNAVAILABLE_MESSAGES = LazyTexts(
    {
        RunState.PLANNED: _l("This course is not open for booking yet."),
        RunState.FULL: _l("All places on this course are taken."),
        RunState.CLOSED: _l("Booking for this course has closed."),
        RunState.CANCELLED: _l("This course has been cancelled."),
        RunState.COMPLETED: _l("This course has ended."),
    }
)


def book_own_place(
    actor: Actor,
    run_id: int,
    access_needs: str | None = None,
    trainer_reads: TrainerAccess = TrainerAccess.NAME,
) -> int:
    """Book a place for the actor.

    Returns the attendee ID, including when the actor already has a place. Raises Conflict if the
    actor cannot book this run, and NotFound if they have no record or the run is not published.
    """
    if actor.person_id is None:
        raise NotFound()
    person = locking.lock_person(actor.person_id)
    run = _lock_run(run_id)
    if run.published_at is None:
        raise NotFound()
    facts = get_current_run(run.id)
    existing = queries.find_place(run.id, person.id)
    if existing is not None:
        return existing.id
    if facts.state is not RunState.OPEN:
        raise Conflict(UNAVAILABLE_MESSAGES[facts.state])
    return _add_attendee(actor, run, facts, person, access_needs, trainer_reads)


def book_person(
    actor: Actor,
    run_id: int,
    person_id: int,
    access_needs: str | None = None,
    trainer_reads: TrainerAccess = TrainerAccess.NAME,
) -> int:
    """Book a place for a person.

    Returns the attendee ID, including when the person already has a place. Raises Conflict if the
    person cannot book this run. Raises NotFound if the actor is not allowed to see the person or
    manage the run. NotFound is also raised for a person who has blocked the trainer, to hide the
    block.
    """
    person = locking.lock_person(get_visible(Scope.for_actor(actor), person_id).id)
    run = find_run(actor, run_id, lock=True)
    facts = get_current_run(run.id)
    existing = queries.find_place(run.id, person.id)
    if existing is not None:
        return existing.id
    if suitability.has_blocked_trainer(person.id, run.trainer_user_id):
        raise NotFound()
    _check_run_active(facts)
    _check_places_left(facts, 1)
    return _add_attendee(actor, run, facts, person, access_needs, trainer_reads)


def add_named_attendee(actor: Actor, run_id: int, new_attendee: NewAttendee) -> int:
    """Add an attendee by name and return the attendee ID.

    The attendee is linked to a record later (app/attendance/linking.py), so that the response does
    not reveal whether they have one. Raises Conflict if somebody with this name is already listed.
    """
    if not new_attendee.name.strip():
        raise InvalidInput(_("Enter their full name"), "name")
    run = find_run(actor, run_id, lock=True)
    facts = get_current_run(run.id)
    _check_run_active(facts)
    if not new_attendee.is_somebody_else:
        listed_names.check_name_not_listed(actor, run, new_attendee.name)
    with audit.acting(actor, AuditVerb.BOOKING_ADD_NAMED):
        booking = _take_held_place(actor, run, new_attendee.from_booking_id)
        if booking is None:
            _check_places_left(facts, 1)
            _check_organisation(actor, new_attendee.organisation_id)
            booking = _add_booking(actor, run, organisation_id=new_attendee.organisation_id)
        attendee = Attendee(
            run_id=run.id,
            booking_id=booking.id,
            name=new_attendee.name.strip(),
            email=new_attendee.email or None,
            phone=new_attendee.phone or None,
            access_needs=new_attendee.access_needs or None,
            trainer_reads=new_attendee.trainer_reads,
            walk_in=new_attendee.walk_in,
            added_at=clock.now(),
        )
        db.session.add(attendee)
    notifications.notify_of_booking(facts, attendee)
    return attendee.id


def book_known_person(
    actor: Actor, run_id: int, person_id: int, access_needs: str | None = None
) -> int:
    """Book a place for somebody who has been on another of the trainer's runs.

    Returns the attendee ID, including when the person already has a place. Raises NotFound if the
    trainer cannot see the person on any of their runs. If the person cannot book this run, Conflict
    is raised without a reason. Places linked to the person later are ignored, because the response
    would reveal the link.
    """
    run = find_run(actor, run_id)
    if person_id not in queries.people_on_own_runs(actor, run, clock.today()):
        raise NotFound()
    person = locking.lock_person(person_id)
    run = find_run(actor, run_id, lock=True)
    facts = get_current_run(run.id)
    _check_run_active(facts)
    existing = queries.find_place(run.id, person.id)
    if existing is not None and existing.person_id is None:
        existing = None
    if existing is not None and queries.listed_attendee(actor, run, existing.id, clock.today()):
        return existing.id
    listed_names.check_name_not_added(actor, run, person.full_name)
    _check_places_left(facts, 1)
    refusal = Conflict(
        _("We cannot book this person on to this course. Ask the team to help."), "person"
    )
    if existing is not None:
        raise refusal
    try:
        return _add_attendee(actor, run, facts, person, access_needs, TrainerAccess.NAME)
    except Conflict:
        raise refusal from None


def hold_places(actor: Actor, run_id: int, organisation_id: int | None, headcount: int) -> int:
    """Hold places for people who will be named later, and return the booking ID.

    The places are for the team if `organisation_id` is None.
    """
    if not 1 <= headcount <= MAX_HELD_PLACES:
        message = _("Enter a number from 1 to %(most)s", most=MAX_HELD_PLACES)
        raise InvalidInput(message, "headcount")
    run = find_run(actor, run_id, lock=True)
    facts = get_current_run(run.id)
    _check_run_active(facts)
    _check_places_left(facts, headcount)
    _check_organisation(actor, organisation_id)
    with audit.acting(actor, AuditVerb.BOOKING_HOLD):
        booking = _add_booking(actor, run, organisation_id=organisation_id, headcount=headcount)
    return booking.id


def release_places(actor: Actor, run_id: int, booking_id: int) -> None:
    """Release the unnamed places of a booking. Named attendees keep their places.

    Raises NotFound if the actor is not allowed to name these places (see `can_name_places`).
    """
    run = find_run(actor, run_id, lock=True)
    booking = queries.find_held_booking(actor, run, booking_id)
    if booking is None:
        raise NotFound()
    _check_run_active(get_current_run(run.id))
    with audit.acting(actor, AuditVerb.BOOKING_RELEASE):
        booking.headcount = 0
        cancel_if_empty(booking)


def give_up_own_place(actor: Actor, run_id: int) -> int | None:
    """Give up the actor's places on a run, and return the ID of the first attendee.

    Returns None if the actor has no place. Raises Conflict if the run has started.
    """
    if actor.person_id is None:
        raise NotFound()
    run = _lock_run(run_id)
    places = list_places(run.id, actor.person_id)
    if places:
        _give_up_place(actor, run, places, is_own=True)
    return places[0].id if places else None


def give_up_all_places(actor: Actor, person_id: int) -> int:
    """Give up a leaver's places on runs yet to start. Sends no letters, and returns the number."""
    freed = 0
    for run_id in rows.open_run_ids(person_id):
        run = _lock_run(run_id)
        if get_current_run(run_id).has_begun(clock.now()):
            continue
        for attendee in list_places(run_id, person_id):
            free_place(actor, run, attendee)
            freed += 1
    return freed


def upcoming_bookings(actor: Actor, person_id: int) -> list[BookingFacts]:
    """Return a person's places on runs that have not started, earliest first.

    Raises NotFound if the actor is not a safeguarding lead.
    """
    if not actor.may("safeguarding:work"):
        raise NotFound()
    now = clock.now()
    found = queries.list_bookings(person_id, clock.today())
    upcoming = [
        each
        for each in found
        if each.cancelled_on is None
        and each.run.state not in (RunState.CANCELLED, RunState.COMPLETED)
        and not each.run.has_begun(now)
    ]
    return sorted(upcoming, key=lambda each: (each.run.first_day, each.attendee_id))


def cancel_bookings(actor: Actor, person_id: int, attendee_ids: Collection[int]) -> int:
    """Give up a person's selected places, tell them by letter, and return the number of runs."""
    upcoming = upcoming_bookings(actor, person_id)
    selected = [each for each in upcoming if each.attendee_id in attendee_ids]
    for each in sorted(selected, key=lambda facts: facts.run.id):
        run = _lock_run(each.run.id)
        places = list_places(run.id, person_id)
        if places:
            _give_up_place(actor, run, places)
    return len(selected)


def remove_attendee(actor: Actor, run_id: int, attendee_id: int) -> None:
    """Remove an attendee from a run and tell them by letter."""
    run = find_run(actor, run_id, lock=True)
    attendee = queries.listed_attendee(actor, run, attendee_id, clock.today())
    if attendee is None:
        raise NotFound()
    for hook in registry.on_attendee_removed:
        hook(actor, attendee.id)
    _give_up_place(actor, run, [attendee])


def _lock_run(run_id: int) -> CourseRun:
    run = rows.get_run(run_id, lock=True)
    if run is None:
        raise NotFound()
    return run


def _add_attendee(
    actor: Actor,
    run: CourseRun,
    facts: RunFacts,
    person: Person,
    access_needs: str | None,
    trainer_reads: TrainerAccess,
) -> int:
    """Give a person a place on a locked run. Raises Conflict if they cannot be on the run."""
    _check_suitability(actor, facts, person)
    with audit.acting(actor, AuditVerb.BOOKING_BOOK):
        booking = _add_booking(actor, run)
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
    activity.record_activity(actor, person.id)
    notifications.notify_of_booking(facts, attendee)
    return attendee.id


def _add_booking(
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


def _take_held_place(actor: Actor, run: CourseRun, booking_id: int | None) -> Booking | None:
    """Take one of the places held by a booking, and return the booking.

    Returns None if `booking_id` is None. Raises Conflict if all its places are named.
    """
    if booking_id is None:
        return None
    booking = queries.find_held_booking(actor, run, booking_id)
    if booking is None:
        raise Conflict(
            _("Somebody has already added a name to that place. Choose another one."),
            "from_booking_id",
        )
    booking.headcount -= 1
    return booking


def _check_places_left(facts: RunFacts, needed: int) -> None:
    if facts.places_left < needed:
        raise Conflict(
            ngettext(
                "Only %(num)s place is left on this course.",
                "Only %(num)s places are left on this course.",
                facts.places_left,
            )
            if facts.places_left
            else _("There are no places left on this course.")
        )


def _check_run_active(facts: RunFacts) -> None:
    if facts.state in (RunState.CANCELLED, RunState.COMPLETED):
        raise Conflict(UNAVAILABLE_MESSAGES[facts.state])


def _check_organisation(actor: Actor, organisation_id: int | None) -> None:
    """Raise InvalidInput if the actor cannot choose this organisation."""
    if organisation_id is not None and not secrecy.can_edit_organisation(
        Scope.for_actor(actor), organisation_id
    ):
        raise InvalidInput(_("Choose the organisation"), "organisation")


def _check_suitability(actor: Actor, facts: RunFacts, person: Person) -> None:
    """Raise Conflict if the person cannot be on this run. The message gives the reason."""
    is_self = actor.person_id == person.id
    if person.approved_at is None:
        raise Conflict(_("Approve this person before you book a course for them."))
    if person.left_on is not None:
        raise Conflict(_("This person has left the network, so you cannot book a course for them."))
    pausing.check_not_paused(person.id, clock.today(), is_own=is_self)
    reason = suitability.find_unsuitable_reason(person.id, facts)
    if reason is not None:
        raise Conflict(
            suitability.explain_to_person(reason, facts)
            if is_self
            else suitability.explain_to_staff(reason, facts)
        )


def _give_up_place(
    actor: Actor, run: CourseRun, places: Sequence[Attendee], *, is_own: bool = False
) -> None:
    """Free a person's places on a run, and send them a letter about the first one.

    No letter is sent about a place that was linked to the person later. It could reveal to the user
    who added them that they have a record.
    """
    facts = get_current_run(run.id)
    _check_run_active(facts)
    if is_own and not can_manage_all_runs(actor) and facts.has_begun(clock.now()):
        raise Conflict(_("This course has started. Call the team if you cannot come."))
    for attendee in places:
        free_place(actor, run, attendee)
    notifications.notify_of_given_up_place(facts, places[0])
