"""Pages describe letters correctly for each channel and delivery status."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.messages import service
from app.messages.models import Message
from app.people.models import Person
from app.people.types import ContactKind
from tests.addresses import at, public_id
from tests.factories import accounts, courses, people

SignIn = Callable[[Any], FlaskClient]
TODAY = date(2027, 3, 1)
FIRST = date(2027, 3, 27)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 1 March 2027."""
    with clock.frozen(TODAY) as at:
        yield at


def by_phone(name: str = "Phil Phone") -> Person:
    """Create a person who can sign in and asked to be called."""
    return people.champion(name, phone="+447700900123", preferred=ContactKind.PHONE)


def user_of(session: Session, person: Person) -> User:
    assert person.user_id is not None
    return session.get_one(User, person.user_id)


def only_message(session: Session) -> Message:
    return session.scalars(select(Message)).one()


def test_a_person_who_wants_calls_is_told_to_expect_a_call(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    run = courses.run(FIRST)
    sign_in(user_of(session, by_phone()))
    page = client.post(
        at(f"/courses/{run.id}/book"), data={"trainer_reads": "name"}, follow_redirects=True
    ).text
    assert "You have a place. Somebody from the team will call you about your booking." in page
    page = client.post(at(f"/courses/{run.id}/give-up"), follow_redirects=True).text
    assert "You have given up your place. Somebody from the team will call you" in page
    assert "sent you" not in page


def test_a_person_who_wants_email_is_told_to_expect_an_email(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    run = courses.run(FIRST)
    sign_in(user_of(session, people.champion()))
    page = client.post(
        at(f"/courses/{run.id}/book"), data={"trainer_reads": "name"}, follow_redirects=True
    ).text
    assert "You have a place. We are sending you the details by email." in page


def test_staff_see_the_status_of_each_letter(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    trainer = courses.trainer()
    run = courses.run(FIRST, trainer_user=trainer)
    sign_in(trainer)

    def roll() -> str:
        return client.get(at(f"/training/{run.id}")).text

    nobody = courses.attendee(run, name="Nan Nobody")
    assert "No message was sent. You need to tell them yourself" in roll()
    session.delete(nobody)

    page = client.post(
        at(f"/training/{run.id}/add/named"),
        data={"name": "Bob Brown", "email": "bob@example.org"},
        follow_redirects=True,
    ).text
    assert "Bob Brown has been added to the course. Waiting to be sent by email." in page
    message = only_message(session)
    message.sent_at = clock.now()
    assert "Sent by email on 1 March 2027" in roll()
    message.sent_at, message.failed_at = None, clock.now()
    assert "Our email could not be delivered. You need to tell them yourself" in roll()
    service.record_manual_contact(courses.actor_of(trainer), message.id, "Told her at the gate")
    assert "Told in person or by phone on 1 March 2027" in roll()


def test_a_call_is_waiting_until_its_outcome_is_recorded(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    person, coordinator = by_phone(), accounts.coordinator()
    run = courses.run(FIRST)
    sign_in(coordinator)
    response = client.post(
        at(f"/people/{person.id}/book"),
        data={"run": public_id("course_runs", run.id), "trainer_reads": "name"},
        follow_redirects=True,
    )
    assert "Booked. Waiting to be called." in response.text
    assert "Waiting to be called" in client.get(at(f"/training/{run.id}")).text
    service.record_manual_contact(
        courses.actor_of(coordinator), only_message(session).id, "She comes"
    )
    assert "Called on 1 March 2027" in client.get(at(f"/training/{run.id}")).text


def test_cancelling_shows_how_everybody_is_told(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    trainer = courses.trainer()
    run = courses.run(FIRST, trainer_user=trainer)
    courses.attendee(run, people.champion("Ann Smith"))
    courses.attendee(run, by_phone())
    courses.attendee(run, name="Walt Walker")
    sign_in(trainer)
    page = client.get(at(f"/training/{run.id}/cancel")).text
    assert "by post" not in page
    assert "We will tell 1 person by email. " in page
    assert "1 person will be added to the list of people to call or write to." in page
    assert "You need to tell these people yourself" in page
    page = client.post(
        at(f"/training/{run.id}/cancel"), data={"reason": "Flood"}, follow_redirects=True
    ).text
    message = "We are telling 1 person by email. "
    message += "1 person has been added to the list of people to call or write to."
    assert (
        f"The course has been cancelled. {message} Tell these people yourself: Walt Walker." in page
    )
    assert "About the cancellation" in page


def test_a_change_without_letters_does_not_mention_them(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    trainer = courses.trainer()
    run = courses.run(FIRST, trainer_user=trainer)
    courses.attendee(run, by_phone())
    sign_in(trainer)
    form = {
        "day_1-day": "27", "day_1-month": "3", "day_1-year": "2027",
        "day_2-day": "28", "day_2-month": "3", "day_2-year": "2027",
        "starts_1": "9:30", "ends_1": "16:30", "starts_2": "9:30", "ends_2": "16:30",
        "venue": "Village Hall, Watton", "capacity": "12", "minimum": "8",
        "cut_off_on-day": "25", "cut_off_on-month": "3", "cut_off_on-year": "2027",
    }  # fmt: skip
    address = at(f"/training/{run.id}/change")
    page = client.post(address, data=form, follow_redirects=True).text
    assert "<p>Saved.</p>" in page
    page = client.post(address, data=form | {"venue": "The Barn"}, follow_redirects=True).text
    seen = re.findall(r'name="seen"[^>]* value="(\w+)"', page)
    page = client.post(f"{address}/check", data={"seen": seen}, follow_redirects=True).text
    assert "Saved. 1 person has been added to the list of people to call or write to." in page
    assert "About the change" in page
