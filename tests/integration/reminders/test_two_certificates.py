"""Reminders about several certificates that are not renewed by the same course."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.actor import SYSTEM
from app.core.words import long_date
from app.messages.models import Message
from app.people.models import Person
from app.reminders import service
from tests.addresses import public_id
from tests.factories import accounts, courses, people
from tests.factories.reminders import earlier_letter, expiring_certificate, holder, notice
from tests.integration.reminders.conftest import TODAY
from tests.integration.reminders.test_booked import book, days_from_today, texts_sent

SignIn = Callable[[Any], FlaskClient]
ONE_DAY = "MHFA Champion (one day)"
WAYS: dict[str, dict[str, Any]] = {
    "email": {},
    "phone": {"email": None, "phone": "+441362656870"},
    "post": {"email": None, "post": "1 High Street\nThetford"},
}


def holder_of_both(first: int = 30, second: int = 7, **more: Any) -> Person:
    """Create the holder of an MHFA certificate and of an unrelated one that expire in some days."""
    person = holder(days_from_today(first), "Ann Both", **more)
    expiring_certificate(person, days_from_today(second), "mhfa-one-day")
    return person


def with_single_spaces(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("channel", WAYS)
def test_a_booking_for_one_certificate_says_nothing_false_about_the_other(
    session: Session, channel: str
) -> None:
    """Previously, “There are no free courses near you” did not say for which certificate."""
    person = holder_of_both(**WAYS[channel])
    book(person, days_from_today(20), venue="Booked Hall")
    service.run(SYSTEM, TODAY)
    (letter,) = texts_sent(session, person)
    text = with_single_spaces(letter)
    assert text.count("Booked Hall") == 1
    assert f"There are no free courses for {ONE_DAY}" in text
    assert "near you with places left at the moment." in text
    assert "renewed it" not in text
    calls = texts_sent(session, person, "reminder-course")
    assert len(calls) == (1 if channel == "email" else 0)
    for call in calls:
        assert ONE_DAY in call
        assert "Mental Health First Aider" not in call


@pytest.mark.parametrize("channel", WAYS)
def test_each_certificate_has_its_own_courses(session: Session, channel: str) -> None:
    """Previously, a course for one certificate hid that there was none for the other one."""
    person = holder_of_both(**WAYS[channel])
    courses.run(
        days_from_today(20), "mhfa-refresher", venue="Refresher Hall", link="https://example.org/a"
    )
    service.run(SYSTEM, TODAY)
    (letter,) = texts_sent(session, person)
    text = with_single_spaces(letter)
    before, _, after = text.partition("Refresher Hall")
    assert "To renew Mental Health First Aider (Adult), you can take one of these" in before
    assert f"There are no free courses for {ONE_DAY}" in before + after
    calls = texts_sent(session, person, "reminder-course")
    assert [ONE_DAY in each for each in calls] == ([True] if channel == "email" else [])


def test_a_late_booking_for_one_is_not_said_of_the_other(session: Session) -> None:
    person = holder_of_both(first=-1)
    book(person, days_from_today(10), "mhfa-two-day-adult", venue="Booked Hall")
    service.run(SYSTEM, TODAY)
    text = with_single_spaces(texts_sent(session, person)[0])
    assert "no earlier free courses for Mental Health First Aider (Adult) near you" in text
    assert f"There are no free courses for {ONE_DAY} near you" in text
    assert "You do not need to do anything" not in text


def test_certificates_that_one_course_renews_are_named_together(session: Session) -> None:
    person = holder(days_from_today(30), "Ann Both")
    expiring_certificate(person, days_from_today(30), "mhfa-youth")
    courses.run(
        days_from_today(20), "mhfa-refresher", venue="Refresher Hall", link="https://example.org/a"
    )
    service.run(SYSTEM, TODAY)
    text = with_single_spaces(texts_sent(session, person)[0])
    assert text.count("Refresher Hall") == 1
    assert "(Adult) and Mental Health First Aider (Youth), you can take" in text


def test_the_call_stays_while_one_of_its_certificates_has_no_course(session: Session) -> None:
    """Previously, booking a course for one certificate ended the call about both."""
    person = holder_of_both()
    service.run(SYSTEM, TODAY)
    letter = session.scalars(select(Message).filter_by(letter="reminder")).one()
    letter.sent_at = letter.created_at
    refresher = book(person, days_from_today(20))
    session.flush()
    service.run(SYSTEM, days_from_today(1))
    assert len(texts_sent(session, person, "reminder-course")) == 1
    assert refresher.id
    book(person, days_from_today(5), "mhfa-one-day")
    service.run(SYSTEM, days_from_today(1))
    assert texts_sent(session, person, "reminder-course") == []


def test_the_page_of_a_call_lists_courses_for_each_certificate(
    session: Session, sign_in: SignIn
) -> None:
    person = holder_of_both(**WAYS["phone"])
    courses.run(
        days_from_today(20), "mhfa-refresher", venue="Refresher Hall", link="https://example.org/a"
    )
    service.run(SYSTEM, TODAY)
    message = session.scalars(select(Message).filter_by(letter="reminder")).one()
    session.commit()
    client = sign_in(accounts.coordinator())
    page = client.get(f"/reminders/contacts/{public_id('messages', message.id)}").text
    text = with_single_spaces(page)
    assert "To renew Mental Health First Aider (Adult):" in text
    assert f"To renew {ONE_DAY}" in text
    assert "There are no such courses at the moment." in text
    assert person.id


def champion_of_both(*expires_in: int) -> Person:
    person = people.champion("Cat Champion")
    notice(person, TODAY - timedelta(days=20))
    earlier_letter(person, TODAY - timedelta(days=20))
    for kind, number in zip(("mhfa-adult", "mhfa-one-day"), expires_in, strict=True):
        expiring_certificate(person, days_from_today(number), kind)
    return person


@pytest.mark.parametrize("first", [20, 700])
def test_the_home_page_asks_to_renew_each_certificate(
    session: Session, sign_in: SignIn, first: int
) -> None:
    """Previously, it named only the certificate that expires last, or none if that was booked."""
    person = champion_of_both(first, 18)
    if first == 20:
        book(person, days_from_today(10))
    client = sign_in(session.get_one(User, person.user_id))
    page = with_single_spaces(html.unescape(client.get("/").text))
    assert f"Renew your certificate for {ONE_DAY}" in page
    assert long_date(days_from_today(18)) in page
    assert "Renew your certificate for Mental Health First Aider" not in page


def test_the_home_page_asks_to_renew_despite_a_late_booking(
    session: Session, sign_in: SignIn
) -> None:
    person = champion_of_both(5, 700)
    book(person, days_from_today(10), "mhfa-two-day-adult")
    client = sign_in(session.get_one(User, person.user_id))
    page = html.unescape(client.get("/").text)
    assert "Renew your certificate for Mental Health First Aider" in page
