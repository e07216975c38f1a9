"""Letters at a later sign-off to people who got their certificate after an earlier one."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.courses.models import Attendee, CourseRun
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories import messages as make
from tests.integration.attendance.test_correction_letters import (
    ATTENDED,
    CORRECTED,
    HOME,
    RECORDED,
    TYPED,
    SignIn,
    ann_with_certificate,
    letters,
    post,
    reopen_and_sign_off,
    run_of,
    without_identifiers,
)
from tests.integration.attendance.test_linking import REFRESHER, attend

pytestmark = pytest.mark.usefixtures("evening_after", "no_attempts")


def add_attendee(run: CourseRun, trainer: User, *, booked: bool) -> Attendee:
    """Create an attendee without a certificate on record."""
    if not booked:
        return attend(run, trainer, name="Ann Field", email=TYPED)
    made = courses.attendee(run, people.person("Ann Field", email=TYPED))
    courses.mark_attendance(made, trainer)
    return made


def record_certificate_late(sign_in: SignIn, trainer: User, attendee: Attendee) -> None:
    """Sign the run off, record that the earlier certificate was seen, and send the letters."""
    post(sign_in(trainer), attendee.run, "complete")
    earlier = at(f"/training/{attendee.run_id}/people/{attendee.id}/earlier")
    sign_in(accounts.coordinator()).post(earlier, data={"kind": "mhfa-adult", "reason": "Paper"})
    make.deliver()


def cancel(session: Session, sign_in: SignIn, trainer: User, run: CourseRun) -> None:
    make.deliver()
    client = sign_in(trainer)
    post(client, run, "reopen", reason="It did not take place")
    post(client, run, "cancel", reason="It did not take place")


@pytest.mark.parametrize("booked", [False, True])
def test_a_late_certificate_is_not_announced_again(
    session: Session, sign_in: SignIn, trainer: User, booked: bool
) -> None:
    """Previously, they got the same letter again at the next sign-off, and two corrections."""
    run = run_of(trainer, REFRESHER)
    attendee = add_attendee(run, trainer, booked=booked)
    record_certificate_late(sign_in, trainer, attendee)
    expected = [(TYPED, ATTENDED), (TYPED, RECORDED)]
    assert letters(session) == expected
    reopen_and_sign_off(session, sign_in(trainer), attendee, courses.Mark.ATTENDED)
    assert letters(session) == expected
    cancel(session, sign_in, trainer, run)
    assert letters(session) == [*expected, (TYPED, CORRECTED), (TYPED, "run-cancelled")]


def test_letters_that_were_sent_twice_are_corrected_once(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = run_of(trainer, REFRESHER)
    attendee = add_attendee(run, trainer, booked=False)
    record_certificate_late(sign_in, trainer, attendee)
    sent = select(Message).where(Message.address == TYPED, Message.letter == RECORDED)
    late_letter = session.scalars(sent).one()
    make.message(TYPED, letter=RECORDED, key=f"training-recorded:{attendee.id}:1", context={})
    assert late_letter.key != f"training-recorded:{attendee.id}:1"
    cancel(session, sign_in, trainer, run)
    assert letters(session).count((TYPED, CORRECTED)) == 1
    correction = select(Message.address).where(Message.key == f"training-corrected:{attendee.id}:1")
    assert session.scalars(correction).one() == TYPED


def test_somebody_who_was_corrected_is_told_of_a_new_certificate(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = run_of(trainer, REFRESHER)
    attendee = add_attendee(run, trainer, booked=False)
    record_certificate_late(sign_in, trainer, attendee)
    for to in (courses.Mark.ABSENT, courses.Mark.ATTENDED):
        reopen_and_sign_off(session, sign_in(trainer), attendee, to)
        make.deliver()
    assert [each for _to, each in letters(session)] == [ATTENDED, RECORDED, CORRECTED, RECORDED]


@pytest.mark.parametrize("corrected", [False, True])
def test_letters_with_keys_from_before_the_upgrade_count(
    session: Session, sign_in: SignIn, trainer: User, corrected: bool
) -> None:
    """Older keys did not contain the link, and corrections had the key that the page shows."""
    run = run_of(trainer, REFRESHER)
    attendee = attend(run, trainer, name="Ann Field", email=TYPED)
    courses.link(attendee, ann_with_certificate())
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    letter_before_upgrade = session.scalars(select(Message).where(Message.address == HOME)).one()
    letter_before_upgrade.key = f"certificate-followed:{attendee.id}:1"
    session.flush()
    if corrected:
        reopen_and_sign_off(session, client, attendee, courses.Mark.ABSENT)
        make.deliver()
        letter = session.scalars(select(Message).where(Message.letter == CORRECTED)).one()
        letter.key = f"training-corrected:{attendee.id}:2"
        session.flush()
    reopen_and_sign_off(
        session, client, attendee, courses.Mark.ABSENT if corrected else courses.Mark.ATTENDED
    )
    letters_to_ann = [each for to, each in letters(session) if to == HOME]
    assert letters_to_ann == [RECORDED, *([CORRECTED] if corrected else [])]


@pytest.mark.parametrize("end", ["attended", "absent"])
def test_the_trainers_pages_are_the_same_if_the_paper_was_seen_late(
    session: Session, sign_in: SignIn, trainer: User, end: str
) -> None:
    """Previously, only letters to somebody unknown named the late certificate."""

    def pages(person: Person | None) -> list[str]:
        run = run_of(trainer, REFRESHER)
        attendee = attend(run, trainer, name="Anne Field", email=TYPED)
        if person is not None:
            courses.link(attendee, person)
        record_certificate_late(sign_in, trainer, attendee)
        found = []
        for mark in (courses.Mark.ATTENDED, courses.Mark[end.upper()]):
            client = sign_in(trainer)
            reopen_and_sign_off(session, client, attendee, mark)
            for _sent in range(2):
                client.get("/")  # shows the confirmation message
                found.append(without_identifiers(client.get(at(f"/training/{run.id}")).text))
                make.deliver()
        return found

    assert pages(ann_with_certificate()) == pages(None)
