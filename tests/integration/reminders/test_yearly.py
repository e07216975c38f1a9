"""Once a year each person is asked whether they still take part."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.queries import roles_held
from app.changes import calls
from app.core import clock, links
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.messages import sent
from app.messages.models import Message
from app.messages.types import Channel
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import ContactPreferences
from app.people.types import CallOutcome, PersonState
from app.reminders import yearly
from tests.factories import accounts, people
from tests.integration.reminders.conftest import TODAY

JOINED = date(2025, 1, 10)


def champion(**more: Any) -> Person:
    """Create a champion who joined long ago and has not been heard from since."""
    return people.champion(registered_at=clock.start_of_day(JOINED), active_on=JOINED, **more)


def letters(session: Session, person: Person, name: str = yearly.LETTER) -> list[Message]:
    """Return the messages of this letter to a person, oldest first."""
    session.expire_all()
    return list(
        session.scalars(
            select(Message)
            .where(Message.person_id == person.id, Message.letter == name)
            .order_by(Message.id)
        )
    )


def ask_until(session: Session, person: Person) -> date:
    """Run the question day by day until the person is asked, and return that day."""
    for days in range(0, 380, 20):
        on = TODAY + timedelta(days=days)
        with clock.frozen(on):
            yearly.ask_people(SYSTEM, on)
            if letters(session, person):
                return on
    raise AssertionError("never asked")


def page_for(session: Session, person: Person) -> str:
    """Return the URL in a new letter to a person."""
    link = links.create(yearly.PURPOSE, person.id, yearly.LINK_LIFETIME)
    return f"/still-here/{links.token(yearly.PURPOSE, link)}"


def test_everybody_is_asked_once_a_year_on_different_days(session: Session) -> None:
    everybody = [champion() for _ in range(8)]
    new = people.champion(registered_at=clock.now() - timedelta(days=30))
    days_asked: dict[int, list[date]] = {person.id: [] for person in everybody}
    for days in range(0, 730, 25):
        on = TODAY + timedelta(days=days)
        with clock.frozen(on):
            yearly.ask_people(SYSTEM, on)
            yearly.ask_people(SYSTEM, on)
        if days < 100:
            assert letters(session, new) == []
    for person in everybody:
        days_asked[person.id] = [
            clock.london_day(each.created_at) for each in letters(session, person)
        ]
        assert len(days_asked[person.id]) in (2, 3)  # the first may be for the month before
        gaps = [(later - day).days for day, later in pairwise(days_asked[person.id])]
        assert all(330 <= gap <= 400 for gap in gaps)
    assert len({days[0] for days in days_asked.values()}) > 3


def test_only_the_button_records_an_answer(client: FlaskClient, session: Session) -> None:
    person = champion()
    path = page_for(session, person)
    for _scan in range(3):
        assert "Are you still with us?" in client.get(path).text
        assert client.head(path).status_code == 200
    assert person.state(TODAY) is PersonState.NOT_CONFIRMED
    assert "Select an answer" in client.post(path, data={}).text
    reply = client.post(path, data={"answer": "here"}, follow_redirects=True)
    assert "We have recorded that you are still taking part" in reply.text
    session.expire_all()
    assert person.state(TODAY) is PersonState.ACTIVE


def test_a_break_needs_its_last_day(client: FlaskClient, session: Session) -> None:
    person = champion()
    path = page_for(session, person)
    assert "Enter the last day of your break" in client.post(path, data={"answer": "pause"}).text
    until = {"until-day": "1", "until-month": "6", "until-year": "2027"}
    client.post(path, data={"answer": "pause"} | until)
    session.expire_all()
    assert person.state(date(2027, 6, 1)) is PersonState.AWAY
    assert person.state(date(2027, 6, 2)) is PersonState.ACTIVE


def test_people_can_ask_for_a_call(client: FlaskClient, sign_in: Any, session: Session) -> None:
    person = champion(name="Ann Example")
    path = page_for(session, person)
    for _press in range(2):
        client.post(path, data={"answer": "call"})
    assert [each.channel for each in letters(session, person, "call-me")] == [Channel.PHONE]
    page = sign_in(accounts.coordinator()).get("/reminders").text
    assert "Call them, because they asked us to" in page


def test_stopping_can_be_taken_back_for_30_days(client: FlaskClient, session: Session) -> None:
    person = champion()
    path = page_for(session, person)
    client.post(path, data={"answer": "stop"})
    session.expire_all()
    assert person.state(TODAY) is PersonState.LEFT
    assert client.post(path, data={"answer": "here"}).status_code == 422
    later = TODAY + timedelta(days=29)
    with clock.frozen(later):
        assert "within 30 days" in client.get(path).text
        client.post(path, data={"answer": "back"})
        session.expire_all()
        assert person.state(later) is PersonState.ACTIVE
        assert person.user_id is not None
        assert Role.CHAMPION in roles_held(person.user_id, later)
        client.post(path, data={"answer": "stop"})
    with clock.frozen(later + timedelta(days=31)):
        assert client.get(path).status_code == 410
        assert client.post(path, data={"answer": "back"}).status_code == 410
        session.expire_all()
        assert person.state(later + timedelta(days=31)) is PersonState.LEFT


def test_a_person_removed_by_staff_cannot_come_back(client: FlaskClient, session: Session) -> None:
    person = champion()
    path = page_for(session, person)
    person.left_on = TODAY
    assert client.get(path).status_code == 410
    assert client.post(path, data={"answer": "back"}).status_code == 410


def test_people_who_do_not_answer_are_called_until_two_calls_fail(session: Session) -> None:
    person = champion(phone="+447700900111")
    day_asked = ask_until(session, person)
    due = day_asked + timedelta(days=29)
    with clock.frozen(due - timedelta(days=2)):
        yearly.ask_people(SYSTEM, due - timedelta(days=2))
    assert letters(session, person, yearly.CALL) == []
    with clock.frozen(due):
        yearly.ask_people(SYSTEM, due)
        yearly.ask_people(SYSTEM, due)
    [call] = letters(session, person, yearly.CALL)
    assert call.channel is Channel.PHONE
    for days in (0, 1):
        on = due + timedelta(days=days)
        assert person.state(on) is PersonState.NOT_CONFIRMED
        with clock.frozen(on):
            calls.record_call(SYSTEM, person.id, CallOutcome.NOT_REACHED, on)
    session.expire_all()
    assert person.state(due + timedelta(days=1)) is PersonState.QUIET
    with clock.frozen(due + timedelta(days=2)):
        yearly.ask_people(SYSTEM, due + timedelta(days=2))
    session.refresh(call)
    assert call.voided_at is not None


def test_the_call_leaves_the_list_when_the_person_is_heard_from(session: Session) -> None:
    person = champion(phone="+447700900111")
    day_asked = ask_until(session, person)
    due = day_asked + timedelta(days=29)
    with clock.frozen(due):
        yearly.ask_people(SYSTEM, due)
    [call] = letters(session, person, yearly.CALL)
    with clock.frozen(due + timedelta(days=1)):
        calls.record_call(SYSTEM, person.id, CallOutcome.REACHED, due + timedelta(days=1))
        yearly.ask_people(SYSTEM, due + timedelta(days=1))
    session.refresh(call)
    assert call.void_reason == yearly.NOT_NEEDED


@pytest.mark.parametrize(
    ("contacts", "channel"),
    [
        ({"phone": "+447700900111"}, Channel.PHONE),
        ({"post": "1 High Street\nDereham\nNR19 2AB"}, Channel.POST),
    ],
)
def test_people_without_email_are_on_the_call_list(
    session: Session, contacts: dict[str, str], channel: Channel
) -> None:
    person = people.person(
        email=None, registered_at=clock.start_of_day(JOINED), active_on=JOINED, **contacts
    )
    ask_until(session, person)
    [question] = letters(session, person)
    assert question.channel is channel


def test_people_who_want_no_contact_are_not_asked(session: Session) -> None:
    person = champion(phone="+447700900111")
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset(), silent=True))
    for days in range(0, 420, 25):
        on = TODAY + timedelta(days=days)
        with clock.frozen(on):
            yearly.ask_people(SYSTEM, on)
    assert letters(session, person) == []
    assert letters(session, person, yearly.CALL) == []
    assert person.state(TODAY + timedelta(days=420)) is PersonState.NOT_CONFIRMED


def test_protected_people_get_the_neutral_wording(session: Session) -> None:
    person = champion(protected=True)
    ask_until(session, person)
    [question] = letters(session, person)
    assert question.neutral
    text = sent.script_for_staff(question.id, neutral=True)
    assert "still with us" not in text
