"""Who was there, and what they get for it. A run can be signed off, reopened and signed off again.

Reopening revokes what was awarded (docs/decisions/0007-reopening-a-run.md); signing off again
awards anew, with new codes, so that the past still answers as it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app.certificates import queries as certificates
from app.certificates import service as awarding
from app.core import audit, clock, programme, words
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.core.permissions import Role
from app.courses import queries, telling
from app.courses.models import Attendance, Attendee, CourseRun
from app.courses.running import facts, find, may_manage_all
from app.courses.types import Mark, RunFacts

Marks = Mapping[tuple[int, int], Mark | None]  # (attendee id, session id) → mark, None: not marked


def mark(actor: Actor, run_id: int, marks: Marks) -> None:
    """Note who was at which session. Only days that have begun, and people the actor meets."""
    run = find(actor, run_id, lock=True)
    _refuse_over(run)
    today = clock.today()
    met = {one.attendee_id for one in queries.roll(actor, run, today)}
    days = {each.id: clock.london_day(each.starts_at) for each in run.sessions}
    known = {
        (row.attendee_id, row.session_id): row
        for row in db.session.scalars(select(Attendance).where(Attendance.session_id.in_(days)))
    }
    with audit.acting(actor, "run.mark"):
        for (attendee_id, session_id), wanted in marks.items():
            if attendee_id not in met or session_id not in days:
                continue
            if wanted is not None and days[session_id] > today:
                raise Conflict(
                    f"{words.long_date(days[session_id])} can be marked from that day on."
                )
            _set(actor, known.get((attendee_id, session_id)), attendee_id, session_id, wanted)


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
    one. Returns how many of those whom the actor meets. A second call changes nothing.
    """
    run = find(actor, run_id, lock=True)
    if run.completed_at is not None:
        return 0
    if run.cancelled_at is not None:
        raise Conflict("This run was cancelled.")
    state = facts(run_id)
    if clock.today() < state.last_day:
        raise Conflict(
            f"The run can be signed off from {words.long_date(state.last_day)} on, the day of "
            "its last session."
        )
    if not may_sign_off(actor, run):
        raise Conflict("Somebody else of the team has to mark and sign off this course.")
    _refuse_unmarked(actor, run)
    before = _held_before(run)
    with audit.acting(actor, "run.complete"):
        run.completed_at = clock.now()
        run.completed_by_user_id = actor.user_id
        run.completions += 1
    awarded = 0
    unmet = {each.id for each in queries.unmet(actor, run, clock.today())}
    for attendee in _attendees(run):
        if state.type.awards_id is not None and _was_there(attendee, run):
            _award(actor, run, state, attendee)
            if attendee.id not in before:
                telling.tell_recorded(state, attendee, run.completions)
            awarded += attendee.id not in unmet
        elif attendee.id in before:
            telling.tell_corrected(state, attendee, run.completions)
    return awarded


def reopen(actor: Actor, run_id: int, reason: str) -> None:
    """Take the signing-off back, for a reason: what it awarded is revoked."""
    if not reason.strip():
        raise InvalidInput("Say what has to be corrected.", "reason")
    run = find(actor, run_id, lock=True)
    if run.completed_at is None:
        return
    keys = [_key(attendee, run.completions) for attendee in _attendees(run)]
    with audit.acting(actor, "run.reopen", why=reason):
        run.completed_at = None
        run.completed_by_user_id = None
    for certificate_id in certificates.ids_by_key(keys).values():
        awarding.revoke(actor, certificate_id, f"The course run was reopened: {reason.strip()}")


def _refuse_over(run: CourseRun) -> None:
    if run.cancelled_at is not None:
        raise Conflict("This run was cancelled.")
    if run.completed_at is not None:
        raise Conflict("This run was signed off. Reopen it to correct it.")


def may_sign_off(actor: Actor, run: CourseRun) -> bool:
    """Whether the actor can answer for everybody on the run.

    Not where somebody whom they must not meet is not marked: that person would lose a certificate.
    Nor, for a trainer, where others of the team keep places: the two read alike.
    """
    today = clock.today()
    sessions = {each.id for each in run.sessions}
    unmet = queries.unmet(actor, run, today)
    if any(sessions - {row.session_id for row in each.marks} for each in unmet):
        return False
    kept = [each for each in queries.held_places(actor, run, today) if each.booking_id is None]
    return may_manage_all(actor) or sum(each.headcount for each in kept) == len(unmet)


def for_somebody_else(actor: Actor, run_ids: Iterable[int]) -> list[int]:
    """Those of the runs that their trainers can't sign off, and `actor` can."""
    found = []
    for run_id in run_ids:
        run = db.session.get_one(CourseRun, run_id)
        trainer = Actor(kind="user", user_id=run.trainer_user_id, roles=frozenset({Role.TRAINER}))
        if not may_sign_off(trainer, run) and may_sign_off(actor, run):
            found.append(run_id)
    return found


def _refuse_unmarked(actor: Actor, run: CourseRun) -> None:
    sessions = {each.id for each in run.sessions}
    people = queries.roll(actor, run, clock.today())
    waiting = [one.name for one in people if sessions - one.marks.keys()]
    if waiting:
        who = words.listed(waiting[:3]) if len(waiting) <= 3 else f"{len(waiting)} people"
        raise Conflict(f"Mark every day first. Not marked yet: {who}.")
    if not people:
        raise Conflict("Nobody is on this run, so there is nothing to sign off. Cancel it instead.")


def _attendees(run: CourseRun) -> list[Attendee]:
    return list(
        db.session.scalars(
            select(Attendee)
            .where(Attendee.run_id == run.id, Attendee.cancelled_at.is_(None))
            .order_by(Attendee.id)
            .execution_options(populate_existing=True)
        )
    )


def _was_there(attendee: Attendee, run: CourseRun) -> bool:
    marks = {row.session_id: row.mark for row in attendee.marks}
    return all(marks.get(each.id) is Mark.ATTENDED for each in run.sessions)


def _key(attendee: Attendee, completion: int) -> str:
    return f"attendee:{attendee.id}:{completion}"


def _held_before(run: CourseRun) -> set[int]:
    """Attendees whom an earlier signing-off, since taken back, had told of a certificate."""
    if run.completions == 0:
        return set()
    people = _attendees(run)
    found = certificates.ids_by_key([_key(each, run.completions) for each in people])
    return {each.id for each in people if _key(each, run.completions) in found}


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
