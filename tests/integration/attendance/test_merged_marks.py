"""Attendance recorded for two places of one person, whose records are merged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.courses.models import Attendance, Attendee, CourseRun
from app.courses.types import Mark
from tests.factories import accounts, courses, people
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_merged_places import (
    SignIn,
    certificate_holders,
    merge,
    sign_off_run,
    undo,
)

pytestmark = pytest.mark.usefixtures("evening_after")
FULL, PART, ABSENT = Mark.ATTENDED, Mark.PART, Mark.ABSENT


@pytest.fixture
def pair(session: Session) -> tuple[int, int]:
    """Create two records of Ann, and return the IDs of the one that is kept and of the copy."""
    ago = clock.now() - timedelta(days=400)
    kept = people.person("Ann Field", registered_at=ago)
    return kept.id, people.person("Anne Field").id


def place(run: CourseRun, person_id: int, by: User, *marks: Mark | None) -> Attendee:
    """Book a place, with a mark for each session or None."""
    who = courses.attendee(run)
    who.person_id = person_id
    for each, mark in zip(run.sessions, marks, strict=True):
        if mark is not None:
            row = Attendance(session_id=each.id, mark=mark, marked_at=clock.now())
            row.attendee_id, row.marked_by_user_id = who.id, by.id
            who.marks.append(row)
    return who


def marks(session: Session, who: Attendee) -> list[Mark]:
    session.flush()
    rows = select(Attendance.mark).where(Attendance.attendee_id == who.id)
    return list(session.scalars(rows.order_by(Attendance.session_id)))


@pytest.mark.parametrize(
    ("kept_marks", "freed_marks", "expected"),
    [
        ((None, None), (FULL, PART), [FULL, PART]),
        ((FULL, None), (ABSENT, FULL), [FULL, FULL]),
        ((ABSENT, PART), (FULL, FULL), [FULL, FULL]),
        ((FULL, FULL), (None, ABSENT), [FULL, FULL]),
    ],
)
def test_the_kept_place_gets_the_attendance_of_the_freed_one(
    session: Session,
    sign_in: SignIn,
    trainer: User,
    pair: tuple[int, int],
    kept_marks: tuple[Mark | None, ...],
    freed_marks: tuple[Mark | None, ...],
    expected: list[Mark],
) -> None:
    """The trainer had to mark somebody again who had been there."""
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    kept = place(run, pair[0], trainer, *kept_marks)
    freed = place(run, pair[1], trainer, *freed_marks)
    before = marks(session, kept), marks(session, freed)
    client = sign_in(accounts.coordinator())
    merge(client, *pair)
    session.expire_all()
    assert freed.cancelled_at is not None
    assert marks(session, kept) == expected
    undo(client, pair[0])
    session.expire_all()
    assert (marks(session, kept), marks(session, freed)) == before


def test_the_kept_place_gets_the_certificate_at_the_next_sign_off(
    session: Session, sign_in: SignIn, trainer: User, pair: tuple[int, int]
) -> None:
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    place(run, pair[0], trainer, FULL, None)
    place(run, pair[1], trainer, None, FULL)
    merge(sign_in(accounts.coordinator()), *pair)
    sign_off_run(sign_in, run, trainer)
    assert certificate_holders(session) == [pair[0]]
