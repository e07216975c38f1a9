"""A reminder first looks for a renewal that is already booked."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.actor import SYSTEM
from app.core.words import long_date
from app.messages.models import Message
from app.messages.rendering import ProgrammeFacts, render
from app.people.models import Person
from app.reminders import service
from tests.addresses import public_id
from tests.factories import accounts, courses, people
from tests.factories.reminders import earlier_letter, expiring_certificate, holder, notice
from tests.integration.reminders.conftest import TODAY

SignIn = Callable[[Any], FlaskClient]
NOTHING_TO_DO = "You do not need to do anything now."


def days_from_today(number: int) -> date:
    return TODAY + timedelta(days=number)


def texts_sent(session: Session, person: Person, letter: str = "reminder") -> list[str]:
    """Return the texts of a person's waiting letters."""
    rows = session.scalars(
        select(Message)
        .where(Message.person_id == person.id, Message.letter == letter)
        .where(Message.voided_at.is_(None))
        .order_by(Message.id)
    )
    facts = ProgrammeFacts(name="Champion Network")
    return [render(row.letter, row.channel, row.name, row.context, facts).text for row in rows]


def book(person: Person, on: date, slug: str = "mhfa-refresher", **more: Any) -> Any:
    run = courses.run(on, slug, **more)
    courses.attendee(run, person)
    return run


@pytest.mark.parametrize("step", [180, 90, 30, 7])
@pytest.mark.parametrize("channel", ["email", "phone", "post"])
def test_every_step_and_channel_says_when_and_where_the_renewal_is(
    step: int, channel: str, session: Session
) -> None:
    ways: dict[str, Any] = {
        "email": {},
        "phone": {"email": None, "phone": "+441362656870"},
        "post": {"email": None, "post": "1 High Street\nThetford"},
    }
    person = holder(days_from_today(step), **ways[channel])
    run = book(person, days_from_today(step - 2), venue="Town Hall, Thetford")
    service.run(SYSTEM, TODAY)
    (text,) = texts_sent(session, person)
    assert run.course_type.name in text
    assert long_date(days_from_today(step - 2)) in text
    assert "Town Hall, Thetford" in text
    assert NOTHING_TO_DO not in text
    assert "no course" not in text
    assert texts_sent(session, person, "reminder-course") == []


def test_after_expiry_a_full_course_that_is_booked_is_named(session: Session) -> None:
    person = holder(days_from_today(-1))
    book(person, days_from_today(10), "mhfa-two-day-adult", venue="Town Hall, Thetford")
    service.run(SYSTEM, TODAY)
    (text,) = texts_sent(session, person)
    assert long_date(days_from_today(10)) in text
    assert "This is after your certificate expires." in text


def test_beside_a_late_booking_only_earlier_courses_are_named(session: Session) -> None:
    person = holder(days_from_today(-1))
    book(person, days_from_today(40), "mhfa-two-day-adult", venue="Booked Hall")
    courses.run(
        days_from_today(50), "mhfa-two-day-adult", venue="Later Hall", link="https://example.org/b"
    )
    service.run(SYSTEM, TODAY)
    (text,) = texts_sent(session, person)
    assert text.count("Booked Hall") == 1
    assert "There are no earlier free courses near you with places left at the moment." in text
    assert "Later Hall" not in text
    earlier = holder(days_from_today(-1), "Bob Earlier")
    book(earlier, days_from_today(40), "mhfa-two-day-adult", venue="Booked Hall")
    courses.run(
        days_from_today(20),
        "mhfa-two-day-adult",
        venue="Earlier Hall",
        link="https://example.org/a",
    )
    service.run(SYSTEM, TODAY)
    (text,) = texts_sent(session, earlier)
    assert "Earlier Hall" in text
    assert "Later Hall" not in text


NOT_SUITABLE = [
    ("another kind", lambda person: book(person, days_from_today(20), "mental-health-aware")),
    ("a refresher after expiry", lambda person: book(person, days_from_today(31))),
    ("a cancelled run", lambda person: cancel_run(book(person, days_from_today(20)))),
    ("a place given up", lambda person: give_up_place(person)),
]


def cancel_run(run: Any) -> None:
    run.cancelled_at = clock.now()


def give_up_place(person: Person) -> None:
    courses.attendee(
        courses.run(days_from_today(20), "mhfa-refresher"), person
    ).cancelled_at = clock.now()


@pytest.mark.parametrize("make", [each for _name, each in NOT_SUITABLE])
def test_a_place_that_does_not_renew_it_is_not_named(make: Any, session: Session) -> None:
    person = holder(days_from_today(30))
    make(person)
    session.flush()
    service.run(SYSTEM, TODAY)
    (text,) = texts_sent(session, person)
    assert "You have booked" not in text
    assert len(texts_sent(session, person, "reminder-course")) == 1


def test_a_course_for_a_kind_that_includes_it_renews_a_certificate(session: Session) -> None:
    person = holder(days_from_today(30), kind="community-champion")
    book(person, days_from_today(20), "mhfa-two-day-adult")
    service.run(SYSTEM, TODAY)
    assert "You have booked a course that renews it" in texts_sent(session, person)[0]


def test_a_refresher_without_its_prerequisite_does_not_renew(session: Session) -> None:
    person = holder(days_from_today(30), kind="community-champion")
    book(person, days_from_today(20))  # requires the MHFA certificate, which they do not hold
    service.run(SYSTEM, TODAY)
    assert "You have booked" not in texts_sent(session, person)[0]


# Without a booking


@pytest.mark.parametrize(("ahead", "soon"), [(-1, True), (7, True), (30, True), (90, False)])
def test_within_30_days_a_letter_names_farther_runs_and_what_we_will_do(
    ahead: int, soon: bool, session: Session
) -> None:
    person = holder(days_from_today(ahead))
    courses.run(
        days_from_today(40), venue="Far Hall", venue_easting=640_000, venue_northing=290_000
    )
    service.run(SYSTEM, TODAY)
    (text,) = texts_sent(session, person)
    assert (NOTHING_TO_DO in text) is not soon
    assert ("Far Hall" in text) is soon
    contact = f"Somebody from the team will contact you by {long_date(days_from_today(7))}"
    assert (contact in text) is soon
    assert len(texts_sent(session, person, "reminder-course")) == 1


# Between the letter and its sending


def test_a_place_booked_before_the_letter_is_sent_changes_the_letter(session: Session) -> None:
    person = holder(days_from_today(30), email=None, phone="+441362656870")
    service.run(SYSTEM, TODAY)
    run = book(person, days_from_today(20))
    with clock.frozen(days_from_today(1)):
        service.run(SYSTEM, days_from_today(1))
        (text,) = texts_sent(session, person)
        assert "You have booked" in text
        run.cancelled_at = clock.now()
        session.flush()
    with clock.frozen(days_from_today(2)):
        service.run(SYSTEM, days_from_today(2))
        (text,) = texts_sent(session, person)
        assert "You have booked" not in text


def test_the_call_about_a_course_ends_when_a_renewal_is_booked(session: Session) -> None:
    person = holder(days_from_today(30))
    service.run(SYSTEM, TODAY)
    letter = session.scalars(select(Message).filter_by(letter="reminder")).one()
    letter.sent_at = clock.now()
    book(person, days_from_today(20))
    session.flush()
    service.run(SYSTEM, days_from_today(1))
    assert texts_sent(session, person, "reminder-course") == []
    assert len(texts_sent(session, person)) == 1


# Pages and the command


def test_the_lists_and_the_command_say_what_is_booked(
    app: Flask, session: Session, sign_in: SignIn
) -> None:
    booked, other = (
        holder(days_from_today(29), "Ann Booked"),
        holder(days_from_today(29), "Bob Open"),
    )
    book(booked, days_from_today(20))
    session.commit()
    client = sign_in(accounts.coordinator())
    due = html.unescape(client.get("/reminders/due").text)
    assert f"Booked for {long_date(days_from_today(20))}" in due
    assert "Not booked" in due
    found = service.preview(SYSTEM, TODAY)["due"]
    by_person = {line["person"]: line for line in found}
    assert (
        by_person[public_id("people", booked.id)]["renewal_on"] == days_from_today(20).isoformat()
    )
    assert "renewal_on" not in by_person[public_id("people", other.id)]
    output = app.test_cli_runner().invoke(args=["reminders", "preview", "--on", TODAY.isoformat()])
    assert f"A renewal is booked on {days_from_today(20).isoformat()}." in output.stdout


def test_the_home_page_uses_the_same_rules(session: Session, sign_in: SignIn) -> None:
    included = people.person("Ina Included")
    expiring_certificate(included, days_from_today(20), "community-champion")
    expiring_certificate(included, days_from_today(400), "mhfa-adult")  # includes the kind above
    booked = people.person("Ann Booked")
    expiring_certificate(booked, days_from_today(20))
    book(booked, days_from_today(10))
    wrong = people.person("Will Wrong")
    expiring_certificate(wrong, days_from_today(20))
    book(wrong, days_from_today(25))  # a refresher that begins after the certificate expired
    page = html.unescape(sign_in(accounts.coordinator()).get("/").text)
    assert "Ina Included" not in page
    assert f"Booked for {long_date(days_from_today(10))}" in page
    assert "Not booked" in page


def test_the_champions_page_asks_to_renew_unless_a_suitable_course_is_booked(
    session: Session, sign_in: SignIn
) -> None:
    person = people.champion("Cat Champion")
    notice(person, TODAY - timedelta(days=20))
    earlier_letter(person, TODAY - timedelta(days=20))
    expiring_certificate(person, days_from_today(20))
    book(person, days_from_today(25))
    client = sign_in(session.get_one(User, person.user_id))
    assert "Renew your certificate" in html.unescape(client.get("/").text)
    book(person, days_from_today(10))
    assert "Renew your certificate" not in html.unescape(client.get("/").text)


def test_the_contact_page_names_the_booked_course(session: Session, sign_in: SignIn) -> None:
    person = holder(days_from_today(30), "Phil Phone", email=None, phone="+441362656870")
    book(person, days_from_today(20), venue="Town Hall, Thetford")
    service.run(SYSTEM, TODAY)
    message = session.scalars(select(Message).filter_by(letter="reminder")).one()
    session.commit()
    with clock.frozen(clock.london_instant(TODAY, time(10))):
        client = sign_in(accounts.coordinator())
        page = client.get(f"/reminders/contacts/{public_id('messages', message.id)}").text
    assert f"Renewal booked for {long_date(days_from_today(20))}, Town Hall, Thetford" in page
    assert "Courses they can travel to" not in page
