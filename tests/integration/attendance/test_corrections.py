"""Who is told that their training was recorded by mistake, after a run has been reopened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.courses.models import Attendee, CourseRun
from app.messages import rendering
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import at
from tests.factories import courses, people
from tests.factories import messages as make
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linking import attend

pytestmark = pytest.mark.usefixtures("evening_after")
SignIn = Callable[[User], FlaskClient]
RECORDED, CORRECTED = "training-recorded", "training-corrected"


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """Create a run that has ended, with somebody who attended it and stays on it."""
    made = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    stays = people.person("Stan Stays", email="stan@stays.example")
    courses.mark_attendance(courses.attendee(made, stays), trainer)
    return made


def book_ann(run: CourseRun, trainer: User) -> tuple[Attendee, Person]:
    person = people.person("Ann Field", email="ann@field.example")
    attendee = courses.attendee(run, person)
    courses.mark_attendance(attendee, trainer)
    return attendee, person


def post(client: FlaskClient, run: CourseRun, end: str, **data: str) -> None:
    address = at(f"/training/{run.id}/{end}")
    assert client.post(address, data=data).status_code in (302, 303)
    make.deliver()


def reopen_and_remove(client: FlaskClient, run: CourseRun, attendee: Attendee) -> None:
    """Sign the run off, reopen it, remove the attendee and sign it off again."""
    post(client, run, "complete")
    post(client, run, "reopen", reason="Wrong list")
    post(client, run, f"people/{attendee.id}/remove")
    post(client, run, "complete")


def about_training(session: Session, name: str) -> list[str]:
    """Return the letters about training to somebody with this name, in order."""
    found = session.scalars(
        select(Message.letter)
        .where(Message.name == name, Message.letter.in_([RECORDED, CORRECTED]))
        .order_by(Message.id)
    )
    return list(found)


def ann_attends(run: CourseRun, trainer: User, how: str) -> Attendee:
    """Add Ann Field as a booked, typed or linked attendee who was there on all days."""
    if how == "booked":
        return book_ann(run, trainer)[0]
    email = {"email": "ann@field.example"} if how == "typed" else {}
    attendee = attend(run, trainer, name="Ann Field", **email)
    if how == "linked":
        courses.link(attendee, people.person("Ann Field", email="ann@home.example"))
    return attendee


@pytest.mark.parametrize("how", ["booked", "typed", "linked"])
def test_somebody_removed_while_a_run_is_reopened_is_told_once(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun, how: str
) -> None:
    """Previously, their certificate was revoked without a letter, although one had announced it."""
    attendee = ann_attends(run, trainer, how)
    client = sign_in(trainer)
    reopen_and_remove(client, run, attendee)
    assert about_training(session, "Ann Field") == [RECORDED, CORRECTED]
    assert about_training(session, "Stan Stays") == [RECORDED]
    post(client, run, "reopen", reason="Once more")
    post(client, run, "complete")
    assert about_training(session, "Ann Field") == [RECORDED, CORRECTED]


def test_somebody_who_keeps_a_certificate_for_another_place_is_not_told(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun
) -> None:
    attendee, person = book_ann(run, trainer)
    other = attend(run, trainer, name="Ann Field")
    courses.link(other, person)
    reopen_and_remove(sign_in(trainer), run, attendee)
    assert CORRECTED not in about_training(session, "Ann Field")


def test_a_linked_person_without_a_typed_address_is_told_of_a_changed_mark(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun
) -> None:
    attendee = attend(run, trainer, name="Ann Field")
    courses.link(attendee, people.person("Ann Field", email="ann@home.example"))
    client = sign_in(trainer)
    post(client, run, "complete")
    post(client, run, "reopen", reason="Wrong list")
    for mark in attendee.marks:
        mark.mark = courses.Mark.ABSENT
    session.flush()
    post(client, run, "complete")
    assert about_training(session, "Ann Field") == [RECORDED, CORRECTED]


CANCELLED = "The course has now been cancelled, so this training does not count"


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("how", ["booked", "typed", "linked"])
def test_cancelling_a_reopened_run_tells_people_that_their_training_does_not_count(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun, how: str, removed: bool
) -> None:
    """Previously, their certificates were revoked without a letter."""
    attendee = ann_attends(run, trainer, how)
    courses.attendee(run, people.person("Abe Absent", email="abe@absent.example"))
    courses.mark_attendance(run.attendees[-1], trainer, courses.Mark.ABSENT)
    client = sign_in(trainer)
    post(client, run, "complete")
    post(client, run, "reopen", reason="It did not take place")
    if removed:
        post(client, run, f"people/{attendee.id}/remove")
    for _again in range(2):
        client.post(at(f"/training/{run.id}/cancel"), data={"reason": "It did not take place"})
    for name in ("Ann Field", "Stan Stays"):
        assert about_training(session, name) == [RECORDED, CORRECTED]
    assert about_training(session, "Abe Absent") == []
    facts = rendering.ProgrammeFacts.current()
    for sent in session.scalars(select(Message).where(Message.letter == CORRECTED)):
        rendered = rendering.render(sent.letter, sent.channel, sent.name, sent.context, facts)
        assert CANCELLED in " ".join(rendered.text.split())


def test_a_person_with_two_places_is_told_once_of_a_cancelled_run(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun
) -> None:
    _who, person = book_ann(run, trainer)
    courses.link(attend(run, trainer, name="Ann Field"), person)
    client = sign_in(trainer)
    post(client, run, "complete")
    post(client, run, "reopen", reason="It did not take place")
    post(client, run, "cancel", reason="It did not take place")
    assert about_training(session, "Ann Field").count(CORRECTED) == 1


def test_cancelling_a_run_that_was_never_signed_off_corrects_nothing(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun
) -> None:
    post(sign_in(trainer), run, "cancel", reason="It did not take place")
    assert about_training(session, "Stan Stays") == []


def test_only_training_of_the_latest_sign_off_is_corrected(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun
) -> None:
    """Somebody who has already been told of a mistake is not told again."""
    attendee, _person = book_ann(run, trainer)
    client = sign_in(trainer)
    reopen_and_remove(client, run, attendee)
    post(client, run, "reopen", reason="It did not take place")
    post(client, run, "cancel", reason="It did not take place")
    assert about_training(session, "Ann Field") == [RECORDED, CORRECTED]
