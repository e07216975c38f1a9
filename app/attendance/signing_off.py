"""Record attendance, and sign off or reopen runs.

Reopening a run revokes its certificates (docs/decisions/0007-reopening-a-run.md). Signing it off
again issues new certificates with new codes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from flask_babel import gettext as _

from app.accounts.queries import roles_held
from app.attendance import awarding, letters
from app.attendance.queries import attendees_with_marks, load_marks, removed_attendees
from app.certificates import queries as certificates
from app.certificates import service as awards
from app.core import audit, clock, words
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.courses import queries
from app.courses.models import Attendance, Attendee, CourseRun
from app.courses.running import get_current_run, lock_run_and_people
from app.courses.types import Mark, RunFacts, SessionTimes
from app.people import activity

PRESENT = frozenset({Mark.ATTENDED, Mark.PART})
Marks = Mapping[tuple[int, int], Mark | None]  # by (attendee ID, session ID); None removes a mark


def record_attendance(actor: Actor, run_id: int, marks: Marks) -> None:
    """Record attendance at sessions that have started, for attendees visible to the actor.

    After sign-off, attendance can be recorded only for attendees who were hidden from the user who
    signed off the run. They can then get certificates too. Raises Conflict if a session has not
    started.
    """
    run = lock_run_and_people(actor, run_id)
    today = clock.today()
    allowed = {entry.attendee_id for entry in queries.list_visible_attendees(actor, run, today)}
    if run.cancelled_at is not None or run.completed_at is not None:
        allowed = find_late_attendees(run, allowed)
        if not allowed:
            _check_run_active(run)
    sessions = {each.id: SessionTimes(each.starts_at, each.ends_at) for each in run.sessions}
    existing, now = load_marks(sessions), clock.now()
    with audit.acting(actor, AuditVerb.RUN_MARK):
        for (attendee_id, session_id), new_mark in marks.items():
            if attendee_id not in allowed or session_id not in sessions:
                continue
            if new_mark is not None and not sessions[session_id].has_begun(now):
                raise Conflict(
                    _(
                        "You can mark attendance for this day from %(at)s, "
                        "when the session begins.",
                        at=words.long_datetime(sessions[session_id].starts_at),
                    )
                )
            _set_mark(
                actor, existing.get((attendee_id, session_id)), attendee_id, session_id, new_mark
            )
        db.session.flush()
    _record_contacts(run)
    if run.completed_at is not None:
        marked = [
            each
            for each in attendees_with_marks(run.id)
            if each.id in allowed and _is_fully_marked(each, run)
        ]
        _award_and_notify(actor, run, marked)


def _record_contacts(run: CourseRun) -> None:
    """Record that the people on the run were in touch on each day they attended.

    The audit log names the system as the actor, so that it does not link these people to the
    trainer.
    """
    days = {each.id: clock.london_day(each.starts_at) for each in run.sessions}
    present: dict[date, set[int]] = {}
    for attendee in attendees_with_marks(run.id):
        for row in attendee.marks:
            if row.mark in PRESENT and attendee.person_id is not None:
                present.setdefault(days[row.session_id], set()).add(attendee.person_id)
    for day, person_ids in present.items():
        activity.record_activity_for_all(SYSTEM, person_ids, day)


def find_late_attendees(run: CourseRun, listed: Collection[int]) -> set[int]:
    """Return the IDs of the attendees whose attendance can still be recorded after sign-off.

    They were hidden from the user who signed off the run.
    """
    if run.cancelled_at is not None or run.completed_at is None:
        return set()
    return {
        each.id for each in attendees_with_marks(run.id) if not _is_fully_marked(each, run)
    } & set(listed)


def _set_mark(
    actor: Actor, row: Attendance | None, attendee_id: int, session_id: int, new_mark: Mark | None
) -> None:
    if new_mark is None:
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(
            Attendance(
                attendee_id=attendee_id,
                session_id=session_id,
                mark=new_mark,
                marked_at=clock.now(),
                marked_by_user_id=actor.user_id,
            )
        )
    elif row.mark is not new_mark:
        row.mark = new_mark
        row.marked_at = clock.now()
        row.marked_by_user_id = actor.user_id or row.marked_by_user_id


def sign_off(actor: Actor, run_id: int) -> int:
    """Sign off a run and issue its certificates, dated on the last day of the run.

    Returns the number of visible attendees who attended every session. The number does not show who
    got a certificate. Attendees hidden from the actor do not prevent the sign-off. Another user can
    record their attendance later. Does nothing if the run has already been signed off.
    """
    run = lock_run_and_people(actor, run_id)
    if run.completed_at is not None:
        return 0
    if run.cancelled_at is not None:
        raise Conflict(_("This course has been cancelled."))
    facts = get_current_run(run_id)
    if not facts.has_ended(clock.now()):
        raise Conflict(
            _(
                "You can sign the course off from %(at)s, when the last session ends.",
                at=words.long_datetime(facts.ends_at),
            )
        )
    _check_all_marked(actor, run, facts)
    _record_contacts(run)
    with audit.acting(actor, AuditVerb.RUN_COMPLETE):
        run.completed_at = clock.now()
        run.completed_by_user_id = actor.user_id
        run.completions += 1
    marked = [each for each in attendees_with_marks(run.id) if _is_fully_marked(each, run)]
    attended = _award_and_notify(actor, run, marked, removed_attendees(run.id))
    listed = {
        each.attendee_id for each in queries.list_visible_attendees(actor, run, clock.today())
    }
    return len(attended & listed)


def _award_and_notify(
    actor: Actor, run: CourseRun, marked: Sequence[Attendee], removed: Sequence[Attendee] = ()
) -> set[int]:
    """Issue the certificates of a signed-off run and tell the attendees.

    Attendees with full attendance but no certificate are told that their attendance was recorded.
    Those in `marked` and `removed` who were told of a certificate earlier, but no longer have it,
    are sent a correction. Returns the IDs of the attendees with full attendance, if the course
    awards a certificate.
    """
    facts = get_current_run(run.id)
    if facts.type.awards_id is None:
        return set()
    # A person with two places gets the certificate for the one booked with their record.
    in_order = sorted(marked, key=lambda each: (each.person_id is None, each.id))
    attended = [each for each in in_order if awarding.attended_every_session(each, run)]
    awarded = {each.id for each in attended if awarding.award_certificate(actor, run, facts, each)}
    letters.correct_results(facts, [*in_order, *removed], run.completions, awarded)
    for attendee in attended:
        letters.notify_of_result(facts, attendee, run.completions, awarded=attendee.id in awarded)
    return {each.id for each in attended}


def notify_of_withdrawn_training(run_id: int) -> None:
    """Tell people that their training no longer counts because a reopened run was cancelled.

    People who have been removed from the run since it was reopened are told too.
    """
    run = db.session.get_one(CourseRun, run_id)
    attendees = [*attendees_with_marks(run_id), *removed_attendees(run_id)]
    letters.correct_results(get_current_run(run_id), attendees, run.completions, cancelled=True)


def find_people_told_of_training(run_id: int) -> set[int]:
    """Return the attendees whose linked person `notify_of_withdrawn_training` would tell (IDs)."""
    run = db.session.get_one(CourseRun, run_id)
    return letters.find_people_to_correct(attendees_with_marks(run_id), run.completions)


def reopen_run(actor: Actor, run_id: int, reason: str) -> None:
    """Reopen a run and revoke the certificates issued when it was signed off.

    Certificates for places freed by merging records are revoked too.
    """
    if not reason.strip():
        raise InvalidInput(_("Enter what needs to be corrected"), "reason")
    run = lock_run_and_people(actor, run_id)
    if run.completed_at is None:
        return
    keys = awarding.list_certificate_keys(run.attendees, run.completions)
    with audit.acting(actor, AuditVerb.RUN_REOPEN, why=reason):
        run.completed_at = None
        run.completed_by_user_id = None
    for certificate_id in certificates.certificate_ids_by_key(keys).values():
        awards.revoke_certificate(
            actor, certificate_id, _("The course was reopened: %(reason)s", reason=reason.strip())
        )


def _check_run_active(run: CourseRun) -> None:
    if run.cancelled_at is not None:
        raise Conflict(_("This course has been cancelled."))
    if run.completed_at is not None:
        raise Conflict(_("This course has been signed off. Reopen it to correct it."))


def runs_to_mark_for_trainer(actor: Actor, run_ids: Iterable[int]) -> list[int]:
    """Return the IDs of runs where an attendee hidden from the trainer has no recorded attendance.

    The attendee must be visible to the actor.
    """
    found, today = [], clock.today()
    for run_id in run_ids:
        run = db.session.get_one(CourseRun, run_id)
        roles = roles_held(run.trainer_user_id, today)
        trainer = Actor(kind="user", user_id=run.trainer_user_id, roles=roles)
        unlisted = {each.id for each in queries.unlisted_attendees(actor, run, today)}
        waiting = {
            each.id
            for each in queries.unlisted_attendees(trainer, run, today)
            if not _is_fully_marked(each, run)
        }
        if waiting - unlisted:
            found.append(run_id)
    return found


def _check_all_marked(actor: Actor, run: CourseRun, facts: RunFacts) -> None:
    sessions = {each.id for each in run.sessions}
    people = queries.list_visible_attendees(actor, run, clock.today())
    unmarked = [entry.name for entry in people if sessions - entry.marks.keys()]
    if unmarked:
        names = (
            words.join_list(unmarked)
            if len(unmarked) <= 3
            else _("%(number)s people", number=len(unmarked))
        )
        raise Conflict(
            _(
                "Mark attendance for every day first. Attendance is missing for: %(names)s.",
                names=names,
            )
        )
    if facts.taken == 0:
        raise Conflict(
            _(
                "Nobody is on this course, so there is nothing to sign off. Cancel the course "
                "instead."
            )
        )


def _is_fully_marked(attendee: Attendee, run: CourseRun) -> bool:
    return {each.id for each in run.sessions} <= {row.session_id for row in attendee.marks}
