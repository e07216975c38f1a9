"""People who want no contact, when their course moves or is cancelled."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.actor import SYSTEM
from app.courses.models import CourseRun
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import ContactPreferences
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.integration.rescheduling.moving import FIRST, LATER, Move, SignIn, without_tokens
from tests.integration.rescheduling.test_moving_linked import champion_with_expiring_certificate

YOURSELF = "You need to tell these people yourself"
NOT_THEM = "Do not contact these people, because they asked us not to: Wanda Walker."
CALL = "ask you to call them"


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    return courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)


@pytest.fixture
def silent(session: Session) -> Person:
    """Create a person whose certificate expires, and who wants no contact."""
    person = champion_with_expiring_certificate(session)
    wishes.record_wishes(SYSTEM, person, ContactPreferences(silent=True))
    return person


def test_staff_are_not_asked_to_call_a_linked_person(
    session: Session, sign_in: SignIn, run: CourseRun, silent: Person
) -> None:
    courses.link(courses.attendee(run, name="Wanda Walker"), silent)
    client = sign_in(accounts.coordinator())
    move = Move(client, run)
    page = move.check()
    assert "record of Wanda Wolker" in page
    assert "Do not contact this person, because they asked us not to" in page
    assert CALL not in page
    assert YOURSELF not in page
    assert NOT_THEM in page
    reply = move.press(page)
    assert NOT_THEM in client.get(reply.location).text
    cancel = client.get(at(f"/training/{run.id}/cancel")).text
    assert YOURSELF not in cancel
    assert NOT_THEM in cancel


def test_others_are_still_to_be_called(
    session: Session, sign_in: SignIn, run: CourseRun, silent: Person
) -> None:
    courses.link(courses.attendee(run, name="Wanda Walker"), silent)
    other = champion_with_expiring_certificate(session, "otto@home.example")
    courses.link(courses.attendee(run, name="Otto Other"), other)
    page = Move(sign_in(accounts.coordinator()), run).check()
    assert CALL in page
    assert page.count("Do not contact this person, because they asked us not to") == 1


@pytest.mark.parametrize("day", [FIRST, LATER])
def test_the_trainer_sees_what_they_would_see_for_somebody_unknown(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun, silent: Person, day: object
) -> None:
    attendee = courses.attendee(run, name="Wanda Walker")
    client = sign_in(trainer)
    change = {"day": str(day), "venue": "The Barn"}

    def pages() -> list[str]:
        cancel = client.get(at(f"/training/{run.id}/cancel")).text
        return [without_tokens(each) for each in (Move(client, run).check(**change), cancel)]

    before = pages()
    assert all(YOURSELF in each for each in before)
    courses.link(attendee, silent)
    assert pages() == before


@pytest.mark.parametrize("why", ["certificate", "trainer"])
@pytest.mark.parametrize("how", ["booked", "linked"])
def test_the_home_page_does_not_ask_for_a_call(
    session: Session, sign_in: SignIn, trainer: User, silent: Person, how: str, why: str
) -> None:
    run = courses.run(FIRST if why == "trainer" else LATER, "mhfa-refresher", trainer_user=trainer)
    if how == "booked":
        courses.attendee(run, silent)
    else:
        courses.link(courses.attendee(run, name="Wanda Walker"), silent)
    if why == "trainer":
        people.block(silent, user=trainer)
    page = sign_in(accounts.coordinator()).get("/").text
    assert "Call somebody" not in page
    assert page.count("Do not contact them, because they asked us not to") == 1
    assert at(f"/people/{silent.id}") in page
