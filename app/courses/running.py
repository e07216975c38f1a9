"""Schedule, change, publish and cancel course runs."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _

from app.accounts import queries as users
from app.areas import service as areas
from app.core import audit, clock, locks, words
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, DomainError, InvalidInput, NotFound
from app.core.permissions import Role
from app.courses import queries, rules
from app.courses.models import CourseRun, CourseSession
from app.courses.queries import clashes, locking, rows
from app.courses.rooms import room_key
from app.courses.types import NewRun, RunDraft, RunFacts, SessionTimes, TypeFacts


def can_manage_all_runs(actor: Actor) -> bool:
    """Return whether the actor is allowed to manage the runs of all trainers."""
    return actor.kind == "system" or Role.COORDINATOR in actor.roles


def find_run(actor: Actor, run_id: int, *, lock: bool = False) -> CourseRun:
    """Return a run. Raises NotFound if the actor is not allowed to manage it.

    With `lock`, lock the run until the transaction ends.
    """
    actor.require("courses:manage")
    return _check_can_manage(actor, rows.get_run(run_id, lock=lock))


def lock_run_and_people(actor: Actor, run_id: int) -> CourseRun:
    """Lock a run and the people on it (see app/courses/queries/locking.py), and return the run.

    Raises NotFound if the actor is not allowed to manage the run.
    """
    find_run(actor, run_id)
    return _check_can_manage(actor, locking.lock_run_and_people(run_id))


def _check_can_manage(actor: Actor, run: CourseRun | None) -> CourseRun:
    if run is None or not (can_manage_all_runs(actor) or run.trainer_user_id == actor.user_id):
        raise NotFound()
    return run


def get_current_run(run_id: int) -> RunFacts:
    """Return a run with its state today. Raises NotFound if it does not exist."""
    db.session.flush()
    found = queries.run_facts(run_id, clock.today())
    if found is None:
        raise NotFound()
    return found


def schedule_run(actor: Actor, new_run: NewRun) -> int:
    """Schedule a run and return its ID. The run is not open for booking yet."""
    actor.require("courses:manage")
    kind = queries.type_by_slug(new_run.course_type)
    if kind is None:
        raise InvalidInput(_("Choose a course"), "course_type")
    check_run(new_run, kind, clock.today())
    trainer_id = lock_trainer(actor, new_run, None)
    check_for_clashes(trainer_id, new_run, None)
    with audit.acting(actor, AuditVerb.RUN_SCHEDULE):
        run = CourseRun(
            course_type_id=kind.id,
            trainer_user_id=trainer_id,
            created_at=clock.now(),
            revision=0,
            completions=0,
        )
        set_details(run, new_run)
        db.session.add(run)
        db.session.flush()
        for times in new_run.sessions:
            db.session.add(
                CourseSession(run_id=run.id, starts_at=times.starts_at, ends_at=times.ends_at)
            )
    db.session.expire(run, ["sessions"])
    return run.id


def publish_run(actor: Actor, run_id: int) -> None:
    """Open a run for booking. Does nothing if it is already open."""
    run = find_run(actor, run_id, lock=True)
    check_run_active(run)
    if run.published_at is None:
        with audit.acting(actor, AuditVerb.RUN_PUBLISH):
            run.published_at = clock.now()


def check_run_active(run: CourseRun) -> None:
    """Raise Conflict if the run has been cancelled or signed off."""
    if run.cancelled_at is not None:
        raise Conflict(_("This course has been cancelled."))
    if run.completed_at is not None:
        raise Conflict(_("This course has been signed off. Reopen it first."))


def set_details(run: CourseRun, new_details: NewRun) -> None:
    """Set the venue, numbers, dates and references of a run, but not its trainer or sessions."""
    run.venue = new_details.venue
    run.link = new_details.link or None
    run.minimum = new_details.minimum
    run.capacity = new_details.capacity
    run.cut_off_on = new_details.cut_off_on
    run.fee_pence = new_details.fee_pence
    run.exception_reference = new_details.exception_reference or None
    run.reference = new_details.reference or None
    if new_details.venue_postcode:
        place = areas.locate(new_details.venue_postcode)
        run.venue_postcode = new_details.venue_postcode
        run.venue_ward_id = place.ward_id
        run.venue_easting, run.venue_northing = place.easting, place.northing
    else:
        run.venue_postcode = run.venue_ward_id = None
        run.venue_easting = run.venue_northing = None


def update_sessions(run: CourseRun, sessions: tuple[SessionTimes, ...]) -> None:
    """Update the times of a run's sessions.

    Each session keeps its ID, so that its calendar entry is updated rather than replaced.
    """
    rows = list(run.sessions)
    for row, times in zip(rows, sessions, strict=False):
        row.starts_at, row.ends_at = times.starts_at, times.ends_at
    for times in sessions[len(rows) :]:
        db.session.add(
            CourseSession(run_id=run.id, starts_at=times.starts_at, ends_at=times.ends_at)
        )
    if len(rows) > len(sessions):
        raise InvalidInput(
            _("You cannot change the number of days. Cancel this course and add another.")
        )


def lock_trainer(actor: Actor, new_run: NewRun, run: CourseRun | None) -> int:
    """Lock the trainer to prevent runs that clash, and return the trainer's user ID."""
    user_id = new_run.trainer_user_id or (run.trainer_user_id if run else actor.user_id)
    if user_id is None:
        raise InvalidInput(_("Choose the trainer"), "trainer")
    if not can_manage_all_runs(actor) and user_id != actor.user_id:
        raise InvalidInput(_("You can only add courses that you run yourself."), "trainer")
    trainer_id = users.lock_user(user_id)
    if trainer_id is None:
        raise InvalidInput(_("Choose the trainer"), "trainer")
    return trainer_id


def check_for_clashes(trainer_id: int, new_run: NewRun, run: RunFacts | None) -> None:
    """Raise Conflict if the trainer or the room is already booked at these times.

    The room is locked until the transaction ends, to prevent bookings of the same room at the same
    time.
    """
    room = room_key(new_run.venue, new_run.venue_postcode, new_run.link)
    if room is not None:
        locks.acquire_named(f"room of a course: {room}")
    for clash in _find_clashes(trainer_id, RunDraft.from_run(new_run), run):
        raise clash


def check_run(new_run: NewRun, kind: TypeFacts, on: date) -> None:
    """Raise InvalidInput if the details of a run are invalid."""
    for error in rules.find_errors(RunDraft.from_run(new_run), kind, on):
        raise error


def find_new_run_errors(
    actor: Actor, kind: TypeFacts, draft: RunDraft, on: date
) -> list[DomainError]:
    """Return the errors that prevent a run from being scheduled."""
    found: list[DomainError] = [*rules.find_errors(draft, kind, on)]
    return found + _find_clashes(draft.trainer_user_id or actor.user_id, draft, None)


def find_change_errors(actor: Actor, run_id: int, draft: RunDraft, on: date) -> list[DomainError]:
    """Return the errors that prevent a run from being changed.

    Raises NotFound if the actor is not allowed to manage the run.
    """
    run = find_run(actor, run_id)
    facts = get_current_run(run_id)
    found: list[DomainError] = [*rules.find_errors(draft, facts.type, on)]
    if draft.capacity is not None:
        found += too_few_places_errors(draft.capacity, queries.places_taken(run.id))
    return found + _find_clashes(draft.trainer_user_id or run.trainer_user_id, draft, facts)


def too_few_places_errors(capacity: int, taken: int) -> list[DomainError]:
    """Return an error if the capacity is lower than the number of places already taken."""
    if capacity >= taken:
        return []
    return [
        InvalidInput(
            _("%(number)s places are already taken, so enter %(number)s or more", number=taken),
            "capacity",
        )
    ]


def _find_clashes(
    trainer_id: int | None, draft: RunDraft, run: RunFacts | None
) -> list[DomainError]:
    """Return an error if the trainer or the room is already booked at these times.

    `run` is the run that is being changed, or None for a new run.
    """
    run_id = run.id if run else None
    starts_at = (
        clashes.find_trainer_clash(trainer_id, draft.sessions, run_id) if trainer_id else None
    )
    if starts_at is not None:
        message = _(
            "The trainer has another course on %(at)s. Choose other times.",
            at=words.long_datetime(starts_at),
        )
        return [Conflict(message, "day_1")]
    starts_at = _find_room_clash(draft, run)
    if starts_at is not None:
        message = _(
            "There is another course in this room on %(at)s. Choose another room or other times.",
            at=words.long_datetime(starts_at),
        )
        return [Conflict(message, "venue")]
    return []


def _find_room_clash(draft: RunDraft, run: RunFacts | None) -> datetime | None:
    """Return the start of another run in the same room, or None.

    Returns None if the change does not affect the times or the room.
    """
    room = room_key(draft.venue or "", draft.venue_postcode, draft.link) if draft.venue else None
    if room is None:
        return None
    is_same_room = run is not None and room == room_key(run.venue, run.postcode, run.link)
    if run is not None and is_same_room and draft.sessions == run.sessions:
        return None
    return clashes.find_room_clash(room, draft.sessions, run.id if run else None)
