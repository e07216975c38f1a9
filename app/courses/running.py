"""Scheduling, changing, publishing and cancelling course runs."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from app.accounts import queries as users
from app.areas import service as areas
from app.core import audit, clock, words
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, DomainError, InvalidInput, NotFound
from app.core.permissions import Role
from app.courses import notifications, queries, rules
from app.courses.models import CourseRun, CourseSession
from app.courses.queries import rows
from app.courses.types import NewRun, RunDraft, RunFacts, SessionTimes, TypeFacts


def may_manage_all(actor: Actor) -> bool:
    """Return whether the actor manages all runs. Trainers manage only their own."""
    return actor.kind == "system" or Role.COORDINATOR in actor.roles


def find_run(actor: Actor, run_id: int, *, lock: bool = False) -> CourseRun:
    """Return the run, if the actor may manage it. Raises NotFound.

    With `lock`, lock its row until the transaction ends.
    """
    actor.require("courses:manage")
    run = rows.get_run(run_id, lock=lock)
    if run is None or not (may_manage_all(actor) or run.trainer_user_id == actor.user_id):
        raise NotFound()
    return run


def current_facts(run_id: int) -> RunFacts:
    """Return the run as it is today. Raises NotFound."""
    db.session.flush()
    found = queries.run_facts(run_id, clock.today())
    if found is None:
        raise NotFound()
    return found


def schedule_run(actor: Actor, new: NewRun) -> int:
    """Schedule a run and return its ID. It is not open for booking yet."""
    actor.require("courses:manage")
    kind = queries.type_by_slug(new.course_type)
    if kind is None:
        raise InvalidInput(_("Choose a course"), "course_type")
    _check(new, kind, clock.today())
    trainer_id = _lock_trainer(actor, new, None)
    _refuse_if_clashing(trainer_id, new, None)
    with audit.acting(actor, AuditVerb.RUN_SCHEDULE):
        run = CourseRun(
            course_type_id=kind.id,
            trainer_user_id=trainer_id,
            created_at=clock.now(),
            revision=0,
            completions=0,
        )
        _set_details(run, new)
        db.session.add(run)
        db.session.flush()
        for times in new.sessions:
            db.session.add(
                CourseSession(run_id=run.id, starts_at=times.starts_at, ends_at=times.ends_at)
            )
    db.session.expire(run, ["sessions"])
    return run.id


def change(actor: Actor, run_id: int, new: NewRun) -> bool:
    """Change a run, and return whether people were notified.

    Raises Conflict if the run has been cancelled or signed off.

    The people on the run are told only about a new time, venue, link or trainer. A new trainer is
    accepted even if somebody on the run has blocked them, because a refusal would reveal the block.
    That person is told who the trainer is, and the team calls them.
    """
    run = find_run(actor, run_id, lock=True)
    _refuse_if_over(run)
    kind = queries.type_by_slug(new.course_type)
    if kind is None or kind.id != run.course_type_id:
        raise InvalidInput(
            _("You cannot change which course this is. Add a new course instead."), "course_type"
        )
    _check(new, kind, clock.today())
    taken = queries.places_taken(run.id)
    for fault in _too_few_places(new.capacity, taken):
        raise fault
    trainer_id = _lock_trainer(actor, new, run)
    _refuse_if_clashing(trainer_id, new, run.id)
    before = current_facts(run_id)
    with audit.acting(actor, AuditVerb.RUN_CHANGE):
        run.trainer_user_id = trainer_id
        _set_details(run, new)
        _update_sessions(run, new.sessions)
        run.revision += 1
    db.session.expire(run, ["sessions"])
    after = current_facts(run_id)
    notified = _notified_details(before) != _notified_details(after)
    if notified:
        notifications.notify_changed(after)
    return notified


def _notified_details(run: RunFacts) -> tuple[object, ...]:
    return run.sessions, run.venue, run.postcode, run.link, run.trainer_user_id


def publish(actor: Actor, run_id: int) -> None:
    """Open the run for booking. Idempotent."""
    run = find_run(actor, run_id, lock=True)
    _refuse_if_over(run)
    if run.published_at is None:
        with audit.acting(actor, AuditVerb.RUN_PUBLISH):
            run.published_at = clock.now()


def cancel(actor: Actor, run_id: int, reason: str) -> None:
    """Cancel the run and tell everybody on it. Idempotent.

    Raises Conflict if the run has been signed off.
    """
    if not reason.strip():
        raise InvalidInput(_("Enter a reason for the people who booked"), "reason")
    run = find_run(actor, run_id, lock=True)
    if run.completed_at is not None:
        raise Conflict(_("This course has been signed off, so you cannot cancel it."))
    if run.cancelled_at is not None:
        return
    with audit.acting(actor, AuditVerb.RUN_CANCEL, why=reason):
        run.cancelled_at = clock.now()
        run.cancel_reason = reason.strip()
        run.revision += 1
    notifications.notify_cancelled(current_facts(run_id))


def _refuse_if_over(run: CourseRun) -> None:
    if run.cancelled_at is not None:
        raise Conflict(_("This course has been cancelled."))
    if run.completed_at is not None:
        raise Conflict(_("This course has been signed off. Reopen it first."))


def _set_details(run: CourseRun, new: NewRun) -> None:
    run.venue = new.venue
    run.link = new.link or None
    run.minimum = new.minimum
    run.capacity = new.capacity
    run.cut_off_on = new.cut_off_on
    run.fee_pence = new.fee_pence
    run.exception_reference = new.exception_reference or None
    run.reference = new.reference or None
    if new.venue_postcode:
        place = areas.locate(new.venue_postcode)
        run.venue_postcode = new.venue_postcode
        run.venue_ward_id = place.ward_id
        run.venue_easting, run.venue_northing = place.easting, place.northing
    else:
        run.venue_postcode = run.venue_ward_id = None
        run.venue_easting = run.venue_northing = None


def _update_sessions(run: CourseRun, sessions: tuple[SessionTimes, ...]) -> None:
    """Update the times of a run's sessions.

    A session keeps its row, and so its calendar entry, when only its times change.
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


def _lock_trainer(actor: Actor, new: NewRun, run: CourseRun | None) -> int:
    """Return the trainer's user ID, and lock the user so that no two new runs can clash."""
    user_id = new.trainer_user_id or (run.trainer_user_id if run else actor.user_id)
    if user_id is None:
        raise InvalidInput(_("Choose the trainer"), "trainer")
    if not may_manage_all(actor) and user_id != actor.user_id:
        raise InvalidInput(_("You can only add courses that you run yourself."), "trainer")
    trainer_id = users.lock_user(user_id)
    if trainer_id is None:
        raise InvalidInput(_("Choose the trainer"), "trainer")
    return trainer_id


def _refuse_if_clashing(trainer_id: int, new: NewRun, run_id: int | None) -> None:
    for clash in _clashes(trainer_id, RunDraft.of(new), run_id):
        raise clash


def _check(new: NewRun, kind: TypeFacts, on: date) -> None:
    """Raise InvalidInput for the first rule that the run breaks."""
    for fault in rules.find_errors(RunDraft.of(new), kind, on):
        raise fault


def new_run_errors(actor: Actor, kind: TypeFacts, draft: RunDraft, on: date) -> list[DomainError]:
    """Return the errors that prevent a new run from being scheduled."""
    found: list[DomainError] = [*rules.find_errors(draft, kind, on)]
    return found + _clashes(draft.trainer_user_id or actor.user_id, draft, None)


def change_errors(actor: Actor, run_id: int, draft: RunDraft, on: date) -> list[DomainError]:
    """Return the errors that prevent this change of a run. Raises NotFound."""
    run = find_run(actor, run_id)
    found: list[DomainError] = [*rules.find_errors(draft, current_facts(run_id).type, on)]
    if draft.capacity is not None:
        found += _too_few_places(draft.capacity, queries.places_taken(run.id))
    return found + _clashes(draft.trainer_user_id or run.trainer_user_id, draft, run.id)


def _too_few_places(capacity: int, taken: int) -> list[DomainError]:
    if capacity >= taken:
        return []
    return [
        InvalidInput(
            _("%(number)s places are already taken, so enter %(number)s or more", number=taken),
            "capacity",
        )
    ]


def _clashes(trainer_id: int | None, draft: RunDraft, run_id: int | None) -> list[DomainError]:
    found = queries.find_clash(trainer_id, draft.sessions, run_id) if trainer_id else None
    if found is None:
        return []
    starts_at = found[1]
    return [
        Conflict(
            _(
                "The trainer has another course on %(at)s. Choose other times.",
                at=words.long_instant(starts_at),
            ),
            "day_1",
        )
    ]
