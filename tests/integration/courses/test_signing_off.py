"""Attendance, certificates for it, and taking it all back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates import queries as certificates
from app.certificates.models import Certificate
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict, InvalidInput
from app.core.permissions import Role
from app.courses import signing_off
from app.courses.models import Attendance, Attendee, CourseRun
from app.courses.types import Mark
from app.messages.models import Message
from tests.factories import courses, people
from tests.factories.certificates import certificate

FIRST = date(2027, 3, 27)
LAST = date(2027, 3, 28)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Today is the day of the last session."""
    with clock.frozen(LAST) as at:
        yield at


@pytest.fixture
def trainer(session: Session) -> User:
    """A trainer."""
    return courses.trainer()


@pytest.fixture
def actor(trainer: User) -> Actor:
    """The trainer, acting."""
    return courses.actor_of(trainer, Role.TRAINER)


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """A two-day run whose second day is today; its course ID is known."""
    return courses.run(FIRST, of=trainer, reference="MHFA-12345")


def marks(who: Attendee, *noted: Mark | None) -> dict[tuple[int, int], Mark | None]:
    """One mark for each session."""
    sessions = [each.id for each in who.run.sessions]
    return {(who.id, session): mark for session, mark in zip(sessions, noted, strict=True)}


def standing(session: Session, who: Attendee) -> list[Certificate]:
    """What the run awarded them and nobody revoked."""
    return list(
        session.scalars(
            select(Certificate)
            .where(Certificate.key.like(f"attendee:{who.id}:%"), Certificate.revoked_at.is_(None))
            .execution_options(populate_existing=True)
        )
    )


def told(session: Session, who: Attendee) -> list[str]:
    return list(
        session.scalars(
            select(Message.letter).where(Message.person_id == who.person_id).order_by(Message.id)
        )
    )


def test_who_was_there_on_every_day_gets_a_certificate(
    session: Session, run: CourseRun, actor: Actor
) -> None:
    whole = courses.attendee(run, people.person())
    part = courses.attendee(run, people.person())
    half = courses.attendee(run, people.person())
    named = courses.attendee(run, name="Bob Brown")
    there, absent = Mark.ATTENDED, Mark.ABSENT
    signing_off.mark(
        actor,
        run.id,
        marks(whole, there, there)
        | marks(part, there, Mark.PART)
        | marks(half, absent, there)
        | marks(named, there, there),
    )
    assert signing_off.complete(actor, run.id) == 2
    (made,) = standing(session, whole)
    assert made.awarded_on == LAST
    assert made.expires_on == date(2030, 3, 28)
    assert made.course_reference == "MHFA-12345"
    (nameless,) = standing(session, named)
    assert (nameless.person_id, nameless.holder_name) == (None, "Bob Brown")
    assert standing(session, part) == standing(session, half) == []
    assert told(session, whole) == ["training-recorded"]
    assert told(session, part) == []
    assert (
        whole.person_id in session.scalars(certificates.holders_in_date(LAST, ["mhfa-adult"])).all()
    )


def test_signing_off_twice_changes_nothing(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    who = courses.attendee(run, people.person())
    courses.attended(who, trainer)
    assert signing_off.complete(actor, run.id) == 1
    assert signing_off.complete(actor, run.id) == 0
    assert len(standing(session, who)) == 1
    assert told(session, who) == ["training-recorded"]


def test_reopening_revokes_and_signing_off_again_awards_anew(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    stays, goes = (courses.attendee(run, people.person()) for _ in range(2))
    for who in (stays, goes):
        courses.attended(who, trainer)
    signing_off.complete(actor, run.id)
    (first,) = standing(session, stays)
    old_code = first.code
    signing_off.reopen(actor, run.id, "Two people were mixed up")
    signing_off.reopen(actor, run.id, "Two people were mixed up")
    assert standing(session, stays) == standing(session, goes) == []
    assert "mixed up" in (first.revoked_reason or "")
    signing_off.mark(actor, run.id, marks(goes, Mark.ATTENDED, Mark.ABSENT))
    with clock.frozen(LAST + timedelta(days=2)):
        assert signing_off.complete(actor, run.id) == 1
    (again,) = standing(session, stays)
    assert again.code != old_code
    assert again.awarded_on == LAST
    assert standing(session, goes) == []
    assert told(session, stays) == ["training-recorded"]
    assert told(session, goes) == ["training-recorded", "training-corrected"]


def test_what_was_true_on_an_evening_stays_true(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    who = courses.attendee(run, people.person())
    courses.attended(who, trainer)
    signing_off.complete(actor, run.id)
    with clock.frozen(LAST + timedelta(days=1)):
        signing_off.reopen(actor, run.id, "To check the list")
    with clock.frozen(LAST + timedelta(days=3)):
        signing_off.complete(actor, run.id)
    counted = [
        who.person_id
        in session.scalars(
            certificates.holders_in_date(LAST + timedelta(days=after), ["mhfa-adult"])
        ).all()
        for after in range(5)
    ]
    assert counted == [True, False, False, True, True]


def test_everybody_must_be_marked_first(session: Session, run: CourseRun, actor: Actor) -> None:
    who = courses.attendee(run, name="Bob Brown")
    signing_off.mark(actor, run.id, marks(who, Mark.ATTENDED, None))
    with pytest.raises(Conflict, match="You have not marked: Bob Brown"):
        signing_off.complete(actor, run.id)


def test_an_empty_run_is_not_signed_off(session: Session, run: CourseRun, actor: Actor) -> None:
    with pytest.raises(Conflict, match="Nobody is on this course"):
        signing_off.complete(actor, run.id)


def test_no_certificate_before_the_last_day(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    who = courses.attendee(run, people.person())
    courses.attended(who, trainer)
    with (
        clock.frozen(FIRST),
        pytest.raises(Conflict, match="sign the course off from 28 March 2027"),
    ):
        signing_off.complete(actor, run.id)


def test_a_day_is_marked_from_that_day_on(session: Session, run: CourseRun, actor: Actor) -> None:
    who = courses.attendee(run, name="Bob Brown")
    with clock.frozen(FIRST):
        signing_off.mark(actor, run.id, marks(who, Mark.ATTENDED, None))
        with pytest.raises(Conflict, match="You can mark attendance for 28 March 2027"):
            signing_off.mark(actor, run.id, marks(who, Mark.ATTENDED, Mark.ATTENDED))


def test_a_mark_can_be_changed_and_taken_back(
    session: Session, run: CourseRun, actor: Actor
) -> None:
    who = courses.attendee(run, name="Bob Brown")
    signing_off.mark(actor, run.id, marks(who, Mark.ATTENDED, Mark.ABSENT))
    signing_off.mark(actor, run.id, marks(who, Mark.PART, None))
    found = session.scalars(select(Attendance.mark)).all()
    assert found == [Mark.PART]


def test_a_signed_off_run_takes_no_marks(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    who = courses.attendee(run, name="Bob Brown")
    courses.attended(who, trainer)
    signing_off.complete(actor, run.id)
    with pytest.raises(Conflict, match="signed off"):
        signing_off.mark(actor, run.id, marks(who, Mark.ABSENT, Mark.ABSENT))
    with pytest.raises(InvalidInput, match="corrected"):
        signing_off.reopen(actor, run.id, " ")


def test_marks_of_people_the_trainer_must_not_meet_are_ignored(
    session: Session, run: CourseRun, actor: Actor, trainer: User
) -> None:
    person = people.person()
    who = courses.attendee(run, person)
    people.block(person, user=trainer)
    signing_off.mark(actor, run.id, marks(who, Mark.ATTENDED, Mark.ATTENDED))
    assert session.scalars(select(Attendance)).all() == []


def test_a_refresher_renews_from_its_own_day_and_overwrites_nothing(
    session: Session, actor: Actor, trainer: User
) -> None:
    from_completion = courses.run(LAST, "mhfa-refresher", of=trainer)
    person = people.person()
    old = certificate(person, awarded_on=date(2024, 5, 1))
    who = courses.attendee(from_completion, person)
    courses.attended(who, trainer)
    signing_off.complete(actor, from_completion.id)
    (made,) = standing(session, who)
    assert made.expires_on == date(2030, 3, 28)
    assert old.expires_on == date(2027, 5, 1)
