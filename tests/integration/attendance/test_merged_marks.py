"""Attendance recorded for two places of one person, whose records are merged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Certificate
from app.core import clock
from app.courses.models import Attendance, Attendee, CourseRun
from app.courses.types import Mark
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linking import REFRESHER
from tests.integration.attendance.test_merged_places import (
    SignIn,
    certificate_holders,
    merge,
    sign_off_run,
    undo,
)
from tests.integration.attendance.test_merged_seen import letters_about_results, send
from tests.integration.attendance.test_seen_kind import YOUTH, post, record_certificate_seen

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


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize(
    ("kept_marks", "freed_marks", "holders"),
    [
        ((ABSENT, ABSENT), (FULL, FULL), ["copy"]),
        ((FULL, ABSENT), (ABSENT, FULL), []),
        ((FULL, FULL), (FULL, FULL), ["kept", "copy"]),
        ((FULL, FULL), (ABSENT, FULL), ["kept"]),
    ],
)
def test_after_an_undone_merge_those_who_attended_have_the_certificate(
    session: Session,
    sign_in: SignIn,
    trainer: User,
    pair: tuple[int, int],
    kept_marks: tuple[Mark, ...],
    freed_marks: tuple[Mark, ...],
    holders: list[str],
    sent: bool,
) -> None:
    """The run was signed off while the records were merged."""
    ids = dict(zip(("kept", "copy"), pair, strict=True))
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    place(run, pair[0], trainer, *kept_marks)
    place(run, pair[1], trainer, *freed_marks)
    client = sign_in(accounts.coordinator())
    merge(client, *pair)
    post(client, run, "complete")
    assert certificate_holders(session) == [pair[0]]
    if sent:
        send(session)
    undo(client, pair[0])
    assert certificate_holders(session) == [ids[each] for each in holders]
    for name, person_id in ids.items():
        recorded = ["training-recorded"]
        if name not in holders:
            recorded = (
                ["training-recorded", "training-corrected"] if sent and name == "kept" else []
            )
        assert letters_about_results(session, person_id) == recorded
    merge(client, *pair)
    assert certificate_holders(session) == [pair[0]]


def test_after_an_undone_merge_each_place_has_the_certificate_seen_for_it(
    session: Session, sign_in: SignIn, trainer: User, pair: tuple[int, int]
) -> None:
    """The certificate seen for the copy would otherwise train somebody else."""
    run = courses.run(FIRST, REFRESHER, trainer_user=trainer)
    place(run, pair[0], trainer, FULL)
    freed = place(run, pair[1], trainer, FULL)
    client = sign_in(accounts.coordinator())
    record_certificate_seen(client, freed, YOUTH)
    merge(client, *pair)
    post(client, run, "complete")
    assert certificate_holders(session) == [pair[0]]
    undo(client, pair[0])
    assert certificate_holders(session) == [pair[1]]


def test_a_certificate_that_staff_revoked_stays_revoked_after_an_undone_merge(
    session: Session, sign_in: SignIn, trainer: User, pair: tuple[int, int]
) -> None:
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    place(run, pair[0], trainer, FULL, FULL)
    place(run, pair[1], trainer, ABSENT, ABSENT)
    client = sign_in(accounts.coordinator())
    merge(client, *pair)
    post(client, run, "complete")
    issued = session.scalars(select(Certificate.id)).one()
    client.post(at(f"/certificates/{issued}/revoke"), data={"reason": "Wrong person"})
    undo(client, pair[0])
    assert certificate_holders(session) == []
    assert len(session.scalars(select(Certificate)).all()) == 1


@pytest.mark.parametrize("sent", [False, True])
def test_attendance_on_both_places_gives_a_certificate_after_sign_off(
    session: Session, sign_in: SignIn, trainer: User, pair: tuple[int, int], sent: bool
) -> None:
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    place(run, pair[0], trainer, FULL, ABSENT)
    place(run, pair[1], trainer, ABSENT, FULL)
    sign_off_run(sign_in, run, trainer)
    assert certificate_holders(session) == []
    client = sign_in(accounts.coordinator())
    merge(client, *pair)
    assert certificate_holders(session) == [pair[0]]
    assert letters_about_results(session, pair[0]) == ["training-recorded"]
    if sent:
        send(session)
    undo(client, pair[0])
    assert certificate_holders(session) == []
    told = ["training-recorded", "training-corrected"] if sent else []
    assert letters_about_results(session, pair[0]) == told
