"""The contents of the pages about attendance, and class sheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.attendance import attendees, queries, sheets, signing_off
from app.attendance.types import AttendancePage
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.courses import service as courses
from app.courses.running import can_manage_all_runs, find_run
from app.courses.types import RunFacts, RunState


def attendance_page(actor: Actor, run_id: int, on: date) -> AttendancePage:
    """Return the contents of the attendance page of a run.

    Raises NotFound if the actor is not allowed to manage the run.
    """
    page = courses.managed_run(actor, run_id, on)
    now = clock.now()
    listed = [entry.attendee_id for entry in page.roll]
    return AttendancePage(
        managed=page,
        late_attendee_ids=frozenset(
            signing_off.find_late_attendees(find_run(actor, run_id), listed)
        ),
        started_session_ids=frozenset(
            session_id for session_id, times in page.sessions if times.has_begun(now)
        ),
        can_sign_off=page.run.state not in (RunState.CANCELLED, RunState.COMPLETED)
        and page.run.has_ended(now),
        outcomes=attendees.get_outcomes(actor, run_id, listed, on),
    )


def class_sheet(actor: Actor, run_id: int, on: date) -> bytes:
    """Return the class sheet as a PDF. The export is recorded in the audit log."""
    actor.require("courses:attend")
    page = courses.managed_run(actor, run_id, on)
    audit.record(
        actor,
        AuditVerb.RUN_EXPORT_SHEET,
        "course_runs",
        run_id,
        people=[entry.person_id for entry in page.roll if entry.person_id],
        names=len(page.roll),
    )
    return sheets.class_sheet(page)


def runs_to_sign_off(actor: Actor, on: date) -> list[RunFacts]:
    """Return the actor's runs that have ended but have not been signed off.

    If `on` is not today, only runs that ended before `on` are returned.
    """
    now = clock.now()
    at = now if clock.london_day(now) == on else clock.start_of_day(on)
    return queries.runs_awaiting_sign_off(at, courses.managed_trainer_id(actor))


def runs_to_mark(actor: Actor, finished: Sequence[RunFacts], on: date) -> list[RunFacts]:
    """Return the runs where the actor must record attendance for people hidden from the trainer.

    `finished` contains the runs that have ended but have not been signed off. Signed-off runs are
    also checked.
    """
    if not can_manage_all_runs(actor):
        return []
    runs = [*finished, *queries.runs_with_missing_marks(on)]
    found = set(signing_off.runs_to_mark_for_trainer(actor, [run.id for run in runs]))
    return [run for run in runs if run.id in found]
