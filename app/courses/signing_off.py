"""Who was there, and what they get for it. A run can be signed off, reopened and signed off again.

Reopening revokes what was awarded (docs/decisions/0007-reopening-a-run.md); signing off again
awards again, with new codes, so that the past still answers as it did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from flask_babel import gettext as _

from app.accounts.queries import roles_on
from app.certificates import queries as certificates
from app.certificates import service as awarding
from app.core import audit, clock, programme, words
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.courses import queries, telling
from app.courses.models import Attendance, Attendee, CourseRun
from app.courses.queries import rows
from app.courses.running import facts, find
from app.courses.types import Mark, RunFacts

Marks = Mapping[tuple[int, int], Mark | None]  # (attendee id, session id) → mark, None: not marked


def mark(actor: Actor, run_id: int, marks: Marks) -> None:
    """Note who was at which session. Only days that have begun, and people listed for the actor.

    Of a run that was signed off, only those can be marked whom whoever signed it off could not
    mark; once they are, they get what the others got.
    """
    run = find(actor, run_id, lock=True)
    today = clock.today()
    may = {one.attendee_id for one in queries.roll(actor, run, today)}
    if run.cancelled_at is not None or run.completed_at is not None:
        may = late(run, may)
        if not may:
            _refuse_over(run)
    days = {each.id: clock.london_day(each.starts_at) for each in run.sessions}
    known = rows.marks_of(days)
    with audit.acting(actor, AuditVerb.RUN_MARK):
        for (attendee_id, session_id), wanted in marks.items():
            if attendee_id not in may or session_id not in days:
                continue
            if wanted is not None and days[session_id] > today:
                raise Conflict(
                    _(
                        "You can mark attendance for %(day)s on that day or later.",
                        day=words.long_date(days[session_id]),
                    )
                )
            _set(actor, known.get((attendee_id, session_id)), attendee_id, session_id, wanted)
        db.session.flush()
    if run.completed_at is not None:
        before = _held_before(run, run.completions - 1)
        marked = [
            each
            for each in rows.attendees_with_marks(run.id)
            if each.id in may and _is_marked(each, run)
        ]
        _settle(actor, run, marked, before)


def late(run: CourseRun, listed: Collection[int]) -> set[int]:
    """Of the attendees listed for a reader, those who can be marked although the run was signed
    off: whoever signed it off could not mark them.
    """
    if run.cancelled_at is not None or run.completed_at is None:
        return set()
    return {
        each.id for each in rows.attendees_with_marks(run.id) if not _is_marked(each, run)
    } & set(listed)


def _set(
    actor: Actor, row: Attendance | None, attendee_id: int, session_id: int, wanted: Mark | None
) -> None:
    if wanted is None:
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(
            Attendance(
                attendee_id=attendee_id,
                session_id=session_id,
                mark=wanted,
                marked_at=clock.now(),
                marked_by_user_id=actor.user_id,
            )
        )
    elif row.mark is not wanted:
        row.mark = wanted
        row.marked_at = clock.now()
        row.marked_by_user_id = actor.user_id or row.marked_by_user_id


def complete(actor: Actor, run_id: int) -> int:
    """Sign the run off: who was there at every session gets a certificate, awarded on the last
    one. Returns how many of those listed for the actor. A second call changes nothing.

    Places that are not listed for the actor keep nobody from signing off, marked or not: somebody
    else marks who stands behind them, before or after.
    """
    run = find(actor, run_id, lock=True)
    if run.completed_at is not None:
        return 0
    if run.cancelled_at is not None:
        raise Conflict(_("This course has been cancelled."))
    state = facts(run_id)
    if clock.today() < state.last_day:
        raise Conflict(
            _(
                "You can sign the course off from %(day)s, which is the day of its last session.",
                day=words.long_date(state.last_day),
            )
        )
    _refuse_unmarked(actor, run, state)
    before = _held_before(run, run.completions)
    with audit.acting(actor, AuditVerb.RUN_COMPLETE):
        run.completed_at = clock.now()
        run.completed_by_user_id = actor.user_id
        run.completions += 1
    awarded = _settle(
        actor,
        run,
        [each for each in rows.attendees_with_marks(run.id) if _is_marked(each, run)],
        before,
    )
    listed = {each.attendee_id for each in queries.roll(actor, run, clock.today())}
    return len(awarded & listed)


def _settle(
    actor: Actor, run: CourseRun, marked: Iterable[Attendee], before: Collection[int]
) -> set[int]:
    """Give those of a signed-off run who were there what they get for it, and tell them. before:
    whom the signing-off before had told of a certificate. Returns the attendees who got one.
    """
    state, awarded = facts(run.id), set()
    for attendee in marked:
        if state.type.awards_id is not None and _was_there(attendee, run):
            _award(actor, run, state, attendee)
            awarded.add(attendee.id)
            if attendee.id not in before:
                telling.tell_recorded(state, attendee, run.completions)
        elif attendee.id in before:
            telling.tell_corrected(state, attendee, run.completions)
    return awarded


def reopen(actor: Actor, run_id: int, reason: str) -> None:
    """Take the signing-off back, for a reason: what it awarded is revoked."""
    if not reason.strip():
        raise InvalidInput(_("Enter what needs to be corrected"), "reason")
    run = find(actor, run_id, lock=True)
    if run.completed_at is None:
        return
    keys = [_key(attendee, run.completions) for attendee in rows.attendees_with_marks(run.id)]
    with audit.acting(actor, AuditVerb.RUN_REOPEN, why=reason):
        run.completed_at = None
        run.completed_by_user_id = None
    for certificate_id in certificates.ids_by_key(keys).values():
        awarding.revoke(actor, certificate_id, f"The course was reopened: {reason.strip()}")


def _refuse_over(run: CourseRun) -> None:
    if run.cancelled_at is not None:
        raise Conflict(_("This course has been cancelled."))
    if run.completed_at is not None:
        raise Conflict(_("This course has been signed off. Reopen it to correct it."))


def for_somebody_else(actor: Actor, run_ids: Iterable[int]) -> list[int]:
    """Those of the runs on which somebody is not marked who is listed for `actor` and not for the
    run's trainer.
    """
    found, today = [], clock.today()
    for run_id in run_ids:
        run = db.session.get_one(CourseRun, run_id)
        roles = roles_on(run.trainer_user_id, today)
        trainer = Actor(kind="user", user_id=run.trainer_user_id, roles=roles)
        theirs = {each.attendee_id for each in queries.roll(actor, run, today)}
        waiting = {
            each.id
            for each in queries.unlisted_attendees(trainer, run, today)
            if not _is_marked(each, run)
        }
        if waiting & theirs:
            found.append(run_id)
    return found


def _refuse_unmarked(actor: Actor, run: CourseRun, state: RunFacts) -> None:
    sessions = {each.id for each in run.sessions}
    people = queries.roll(actor, run, clock.today())
    waiting = [one.name for one in people if sessions - one.marks.keys()]
    if waiting:
        who = (
            words.listed(waiting)
            if len(waiting) <= 3
            else _("%(number)s people", number=len(waiting))
        )
        raise Conflict(_("Mark every day first. You have not marked: %(names)s.", names=who))
    if state.taken == 0:
        raise Conflict(
            _("Nobody is on this course, so there is nothing to sign off. Cancel it instead.")
        )


def _is_marked(attendee: Attendee, run: CourseRun) -> bool:
    return {each.id for each in run.sessions} <= {row.session_id for row in attendee.marks}


def _was_there(attendee: Attendee, run: CourseRun) -> bool:
    marks = {row.session_id: row.mark for row in attendee.marks}
    return all(marks.get(each.id) is Mark.ATTENDED for each in run.sessions)


def _key(attendee: Attendee, completion: int) -> str:
    return f"attendee:{attendee.id}:{completion}"


def _held_before(run: CourseRun, completion: int) -> set[int]:
    """Attendees whom that signing-off, since taken back, had told of a certificate."""
    if completion < 1:
        return set()
    people = rows.attendees_with_marks(run.id)
    found = certificates.ids_by_key([_key(each, completion) for each in people])
    return {each.id for each in people if _key(each, completion) in found}


def _award(actor: Actor, run: CourseRun, state: RunFacts, attendee: Attendee) -> None:
    running = programme.current()
    if state.type.awards_id is None:
        return
    awarding.issue(
        actor,
        kind_id=state.type.awards_id,
        awarded_on=state.last_day,
        key=_key(attendee, run.completions),
        person_id=attendee.person_id,
        holder_name=None if attendee.person_id else attendee.name,
        provider=running.organisation if running else None,
        course_reference=run.reference,
    )
