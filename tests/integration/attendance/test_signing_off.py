"""Recording attendance, signing off, and reopening a run."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.attendance import signing_off
from app.certificates import queries as certificates
from app.certificates.models import Certificate
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict, InvalidInput
from app.core.permissions import Role
from app.courses.models import Attendance, Attendee, CourseRun
from app.courses.types import Mark
from app.messages.models import Message
from tests.factories import courses, messages, people
from tests.factories.certificates import certificate

FIRST = date(2027, 3, 27)
LAST = date(2027, 3, 28)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock at the end of the last session."""
    with clock.frozen(clock.london_instant(LAST, time(16, 30))) as at:
        yield at


@pytest.fixture
def actor(trainer: User) -> Actor:
    """Return the trainer's actor."""
    return courses.actor_of(trainer, Role.TRAINER)


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """Create a two-day run with a course ID whose second day is today."""
    return courses.run(FIRST, trainer_user=trainer, reference="MHFA-12345")


def marks(attendee: Attendee, *given: Mark | None) -> dict[tuple[int, int], Mark | None]:
    """Return one mark for each session."""
    sessions = [each.id for each in attendee.run.sessions]
    return {(attendee.id, session): mark for session, mark in zip(sessions, given, strict=True)}


def valid_certificates(session: Session, attendee: Attendee) -> list[Certificate]:
    """Return the attendee's certificates from the run that have not been revoked."""
    return list(
        session.scalars(
            select(Certificate)
            .where(
                Certificate.key.like(f"attendee:{attendee.id}:%"), Certificate.revoked_at.is_(None)
            )
            .execution_options(populate_existing=True)
        )
    )


def letters_about(session: Session, attendee: Attendee) -> list[str]:
    return list(
        session.scalars(
            select(Message.letter)
            .where(Message.person_id == attendee.person_id)
            .order_by(Message.id)
        )
    )


def test_attending_every_day_earns_a_certificate(
    session: Session, run: CourseRun, actor: Actor
) -> None:
    whole = courses.attendee(run, people.person())
    part = courses.attendee(run, people.person())
    half = courses.attendee(run, people.person())
    named = courses.attendee(run, name="Bob Brown")
    there, absent = Mark.ATTENDED, Mark.ABSENT
    signing_off.record_attendance(
        actor,
        run.id,
        marks(whole, there, there)
        | marks(part, there, Mark.PART)
        | marks(half, absent, there)
        | marks(named, there, there),
    )
    assert signing_off.sign_off(actor, run.id) == 2
    (made,) = valid_certificates(session, whole)
    assert made.awarded_on == LAST
    assert made.expires_on == date(2030, 3, 28)
    assert made.course_reference == "MHFA-12345"
    (nameless,) = valid_certificates(session, named)
    assert (nameless.person_id, nameless.holder_name) == (None, "Bob Brown")
    assert valid_certificates(session, part) == valid_certificates(session, half) == []
    assert letters_about(session, whole) == ["training-recorded"]
    assert letters_about(session, part) == []
    assert (
        whole.person_id in session.scalars(certificates.in_date_holders(LAST, ["mhfa-adult"])).all()
    )


def test_signing_off_twice_changes_nothing(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    attendee = courses.attendee(run, people.person())
    courses.mark_attendance(attendee, trainer)
    assert signing_off.sign_off(actor, run.id) == 1
    assert signing_off.sign_off(actor, run.id) == 0
    assert len(valid_certificates(session, attendee)) == 1
    assert letters_about(session, attendee) == ["training-recorded"]


def test_reopening_revokes_certificates_and_signing_off_again_reissues_them(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    stays, goes = (courses.attendee(run, people.person()) for _ in range(2))
    for attendee in (stays, goes):
        courses.mark_attendance(attendee, trainer)
    signing_off.sign_off(actor, run.id)
    (first,) = valid_certificates(session, stays)
    old_code = first.code
    messages.deliver()
    signing_off.reopen_run(actor, run.id, "Two people were mixed up")
    signing_off.reopen_run(actor, run.id, "Two people were mixed up")
    assert valid_certificates(session, stays) == valid_certificates(session, goes) == []
    assert "mixed up" in (first.revoked_reason or "")
    signing_off.record_attendance(actor, run.id, marks(goes, Mark.ATTENDED, Mark.ABSENT))
    with clock.frozen(LAST + timedelta(days=2)):
        assert signing_off.sign_off(actor, run.id) == 1
    (again,) = valid_certificates(session, stays)
    assert again.code != old_code
    assert again.awarded_on == LAST
    assert valid_certificates(session, goes) == []
    assert letters_about(session, stays) == ["training-recorded"]
    assert letters_about(session, goes) == ["training-recorded", "training-corrected"]


def test_past_states_survive_reopening(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    attendee = courses.attendee(run, people.person())
    courses.mark_attendance(attendee, trainer)
    signing_off.sign_off(actor, run.id)
    with clock.frozen(LAST + timedelta(days=1)):
        signing_off.reopen_run(actor, run.id, "To check the list")
    with clock.frozen(LAST + timedelta(days=3)):
        signing_off.sign_off(actor, run.id)
    counted = [
        attendee.person_id
        in session.scalars(
            certificates.in_date_holders(LAST + timedelta(days=after), ["mhfa-adult"])
        ).all()
        for after in range(5)
    ]
    assert counted == [True, False, False, True, True]


def test_everybody_must_be_marked_first(session: Session, run: CourseRun, actor: Actor) -> None:
    attendee = courses.attendee(run, name="Bob Brown")
    signing_off.record_attendance(actor, run.id, marks(attendee, Mark.ATTENDED, None))
    with pytest.raises(Conflict, match="Attendance is missing for: Bob Brown"):
        signing_off.sign_off(actor, run.id)


def test_an_empty_run_is_not_signed_off(session: Session, run: CourseRun, actor: Actor) -> None:
    with pytest.raises(Conflict, match="Nobody is on this course"):
        signing_off.sign_off(actor, run.id)


def test_a_run_cannot_be_signed_off_before_its_last_session_has_ended(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    courses.mark_attendance(courses.attendee(run, people.person()), trainer)
    with (
        clock.frozen(clock.london_instant(LAST, time(16, 29))),
        pytest.raises(Conflict, match="sign the course off from 28 March 2027 at 4:30pm"),
    ):
        signing_off.sign_off(actor, run.id)
    assert signing_off.sign_off(actor, run.id) == 1


def test_a_session_cannot_be_marked_before_it_begins(
    session: Session, run: CourseRun, actor: Actor
) -> None:
    attendee = courses.attendee(run, name="Bob Brown")
    both = marks(attendee, Mark.ATTENDED, Mark.ATTENDED)
    with clock.frozen(clock.london_instant(LAST, time(9, 29))):
        signing_off.record_attendance(actor, run.id, marks(attendee, Mark.ATTENDED, None))
        with pytest.raises(Conflict, match="this day from 28 March 2027 at 9:30am"):
            signing_off.record_attendance(actor, run.id, both)
    with clock.frozen(clock.london_instant(LAST, time(9, 30))):
        signing_off.record_attendance(actor, run.id, both)


def test_a_mark_can_be_changed_and_removed(session: Session, run: CourseRun, actor: Actor) -> None:
    attendee = courses.attendee(run, name="Bob Brown")
    signing_off.record_attendance(actor, run.id, marks(attendee, Mark.ATTENDED, Mark.ABSENT))
    signing_off.record_attendance(actor, run.id, marks(attendee, Mark.PART, None))
    found = session.scalars(select(Attendance.mark)).all()
    assert found == [Mark.PART]


def test_a_signed_off_run_rejects_marks(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    attendee = courses.attendee(run, name="Bob Brown")
    courses.mark_attendance(attendee, trainer)
    signing_off.sign_off(actor, run.id)
    with pytest.raises(Conflict, match="signed off"):
        signing_off.record_attendance(actor, run.id, marks(attendee, Mark.ABSENT, Mark.ABSENT))
    with pytest.raises(InvalidInput, match="corrected"):
        signing_off.reopen_run(actor, run.id, " ")


def test_marks_for_people_who_blocked_the_trainer_are_ignored(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    person = people.person()
    attendee = courses.attendee(run, person)
    people.block(person, user=trainer)
    signing_off.record_attendance(actor, run.id, marks(attendee, Mark.ATTENDED, Mark.ATTENDED))
    assert session.scalars(select(Attendance)).all() == []


def test_a_refresher_renews_from_its_date_and_keeps_the_old_certificate(
    session: Session, actor: Actor, trainer: User
) -> None:
    from_completion = courses.run(LAST, "mhfa-refresher", trainer_user=trainer)
    person = people.person()
    old = certificate(person, awarded_on=date(2024, 5, 1))
    attendee = courses.attendee(from_completion, person)
    courses.mark_attendance(attendee, trainer)
    signing_off.sign_off(actor, from_completion.id)
    (made,) = valid_certificates(session, attendee)
    assert made.expires_on == date(2030, 3, 28)
    assert old.expires_on == date(2027, 5, 1)
