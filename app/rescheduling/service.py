"""Change or cancel a run, and tell the people on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _

from app.core import audit, clock, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.courses import places, queries, running
from app.courses import service as courses
from app.courses.models import Booking, CourseRun
from app.courses.queries import rows
from app.courses.suitability import UnsuitableReason
from app.courses.types import NewRun, RunFacts
from app.messages.types import Recipient
from app.rescheduling import effects, fingerprints, letters
from app.rescheduling.effects import Choice, Choices, RunEffects, UnsuitableGroup


def change_run(
    actor: Actor,
    run_id: int,
    new_details: NewRun,
    choices: Choices | None = None,
    *,
    expected_fingerprint: str | None = None,
) -> bool:
    """Change a run, and return whether people were told.

    People on the run, and users who hold unnamed places, are told about a new time, venue, link or
    trainer. `choices` says what happens to people who cannot attend on the new dates. People who
    lose their place get a list of other dates.

    Raises Conflict if the run has been cancelled or signed off, if a choice is missing, or if the
    page no longer matches `expected_fingerprint`.

    A new trainer is accepted even if somebody on the run has blocked them, because an error would
    reveal the block.
    """
    run = running.lock_run_and_people(actor, run_id)
    running.check_run_active(run)
    kind = queries.type_by_slug(new_details.course_type)
    if kind is None or kind.id != run.course_type_id:
        raise InvalidInput(
            _("You cannot change this to a different course. Add a new course instead."),
            "course_type",
        )
    running.check_run(new_details, kind, clock.today())
    for error in running.too_few_places_errors(new_details.capacity, queries.places_taken(run.id)):
        raise error
    _check_marked_sessions(run, new_details)
    trainer_id = running.lock_trainer(actor, new_details, run)
    before = running.get_current_run(run_id)
    running.check_for_clashes(trainer_id, new_details, before)
    planned = effects.apply_change(before, new_details, trainer_id)
    affected = effects.find_change_effects(actor, run, before, planned)
    fingerprints.reject_if_stale(expected_fingerprint, planned, affected)
    removed = _attendees_to_remove(affected.unsuitable_groups, choices or {})
    with audit.acting(actor, AuditVerb.RUN_CHANGE):
        run.trainer_user_id = trainer_id
        running.set_details(run, new_details)
        running.update_sessions(run, new_details.sessions)
        run.revision += 1
        if new_details.sessions[0].day != before.first_day:
            _clear_seen_certificates(run_id)
    leaving = [each for each in rows.list_attendees(run_id) if each.id in removed]
    for attendee in leaving:
        places.free_place(actor, run, attendee)
    db.session.expire(run, ["sessions"])
    after = running.get_current_run(run_id)
    notified = effects.details_to_announce(before) != effects.details_to_announce(after)
    if notified:
        for attendee in leaving:
            letters.notify_of_lost_place(after, attendee, removed[attendee.id])
        letters.notify_of_change(after)
        letters.notify_holders("held-places-changed", after, _list_holders(actor, run_id))
    return notified


def _clear_seen_certificates(run_id: int) -> None:
    """Clear the records that a coordinator has seen earlier certificates.

    The certificates may expire before the new first day.
    """
    for attendee in rows.list_attendees(run_id):
        attendee.earlier_seen_at = attendee.earlier_seen_by_user_id = None
        attendee.earlier_kind_id = attendee.earlier_awarded_on = None


def _attendees_to_remove(
    groups: Iterable[UnsuitableGroup], choices: Choices
) -> dict[int, UnsuitableReason]:
    """Return the reason for each attendee who loses their place, by attendee ID.

    Raises InvalidInput if a group has no choice.
    """
    removed: dict[int, UnsuitableReason] = {}
    for group in groups:
        choice = choices.get(group.reason)
        if choice is None:
            raise InvalidInput(
                _("Choose what happens to people who can no longer take the course"),
                group.reason.name.lower(),
            )
        if choice is Choice.REMOVE:
            removed |= {entry.attendee_id: group.reason for entry in group.people}
    return removed


def _list_holders(actor: Actor, run_id: int) -> list[tuple[Booking, Recipient]]:
    """Return pairs of a booking that holds unnamed places and a user to tell about it."""
    on = clock.today()
    return [
        (each, recipient)
        for each in rows.held_bookings(run_id)
        for recipient in effects.list_booking_holders(actor, each, on)
    ]


def _check_marked_sessions(run: CourseRun, new: NewRun) -> None:
    """Raise InvalidInput if a session with recorded attendance would be in the future."""
    marked, now = rows.marked_session_ids(run.id), clock.now()
    pairs = zip(run.sessions, new.sessions, strict=False)
    for number, (session, times) in enumerate(pairs, start=1):
        if session.id in marked and times.starts_at > now:
            raise InvalidInput(
                _(
                    "Attendance has been recorded for this day, so the new date cannot be "
                    "in the future"
                ),
                f"day_{number}",
            )


def preview_change(actor: Actor, run_id: int, new_details: NewRun) -> tuple[RunFacts, RunEffects]:
    """Return the changed run and the people affected. Raises NotFound if there is no such run."""
    run = running.find_run(actor, run_id)
    before = running.get_current_run(run_id)
    after = effects.apply_change(
        before, new_details, new_details.trainer_user_id or run.trainer_user_id
    )
    return after, effects.find_change_effects(actor, run, before, after)


def needs_confirmation(actor: Actor, run_id: int, new_details: NewRun) -> bool:
    """Return whether staff must confirm a change because it affects people."""
    before = running.get_current_run(run_id)
    after, affected = preview_change(actor, run_id, new_details)
    changed = effects.details_to_announce(before) != effects.details_to_announce(after)
    return changed and affected.affects_anybody


def preview_cancellation(actor: Actor, run_id: int) -> tuple[RunFacts, RunEffects]:
    """Return the run and the people affected by cancelling it.

    Raises NotFound if there is no such run.
    """
    run = running.find_run(actor, run_id)
    return running.get_current_run(run_id), effects.find_cancellation_effects(actor, run)


def cancel_run(
    actor: Actor, run_id: int, reason: str, *, expected_fingerprint: str | None = None
) -> bool:
    """Cancel a run, and tell the people on it and the users who hold unnamed places.

    Does nothing and returns False if the run has already been cancelled. Raises Conflict if the run
    has been signed off, or if the page no longer matches `expected_fingerprint`.
    """
    if not reason.strip():
        raise InvalidInput(_("Enter a reason that we can give to people who have booked"), "reason")
    run = running.lock_run_and_people(actor, run_id)
    if run.completed_at is not None:
        raise Conflict(_("This course has been signed off, so you cannot cancel it."))
    if run.cancelled_at is not None:
        return False
    affected = effects.find_cancellation_effects(actor, run)
    fingerprints.reject_if_stale(expected_fingerprint, running.get_current_run(run_id), affected)
    with audit.acting(actor, AuditVerb.RUN_CANCEL, why=reason):
        run.cancelled_at = clock.now()
        run.cancel_reason = reason.strip()
        run.revision += 1
    for hook in registry.on_run_cancelled:
        hook(run_id)
    facts = running.get_current_run(run_id)
    letters.notify_of_cancellation(facts)
    letters.notify_holders("held-places-cancelled", facts, _list_holders(actor, run_id))
    return True


def people_no_longer_suitable(actor: Actor, on: date) -> list[tuple[RunFacts, int]]:
    """Return (run, person ID) for people who cannot attend an upcoming run on its dates.

    They lack the required certificate or have another course at the same time. People hidden from
    the actor are left out.
    """
    if not running.can_manage_all_runs(actor):
        return []
    return courses.filter_visible_people(actor, effects.people_no_longer_suitable(on), on)
