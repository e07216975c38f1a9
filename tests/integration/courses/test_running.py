"""Scheduling, changing and cancelling runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict, DomainError, InvalidInput, NotFound
from app.core.permissions import Role
from app.courses import notifications, queries, running
from app.courses.models import CourseRun
from app.courses.types import RunState
from app.messages import letters
from app.messages.models import Message
from app.rescheduling import service as rescheduling
from tests.factories import accounts, areas, courses, people

TODAY = date(2027, 3, 1)
FIRST = date(2027, 3, 27)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 1 March 2027."""
    with clock.frozen(TODAY) as at:
        yield at


@pytest.fixture
def trainer(session: Session) -> User:
    """Create a trainer."""
    return courses.trainer()


@pytest.fixture
def actor(trainer: User) -> Actor:
    """Return the trainer's actor."""
    return courses.actor_of(trainer, Role.TRAINER)


def sent(session: Session, letter: str) -> list[Message]:
    found = select(Message).where(Message.letter == letter).order_by(Message.id)
    return list(session.scalars(found))


def state(run_id: int) -> RunState:
    run = queries.run_facts(run_id, clock.today())
    assert run is not None
    return run.state


def test_a_run_is_planned_and_then_opened(session: Session, actor: Actor) -> None:
    run_id = running.schedule_run(actor, courses.new_run(FIRST))
    assert state(run_id) is RunState.PLANNED
    running.publish_run(actor, run_id)
    running.publish_run(actor, run_id)
    assert state(run_id) is RunState.OPEN
    run = session.get_one(CourseRun, run_id)
    assert [clock.london_day(each.starts_at) for each in run.sessions] == [
        FIRST,
        FIRST + timedelta(days=1),
    ]


def test_the_postcode_sets_ward_and_coordinates(session: Session, actor: Actor) -> None:
    areas.postcode("IP25 6AB", at=(591728, 300563))
    new = courses.new_run(FIRST, venue_postcode="IP25 6AB")
    run_id = running.schedule_run(actor, new)
    run = session.get_one(CourseRun, run_id)
    assert (run.venue_easting, run.venue_northing) == (591728, 300563)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"capacity": 17}, "exception_reference", "At most 16"),
    ({"minimum": 3, "accepts_low_minimum": True}, "minimum", "never run with fewer than 4"),
    ({"minimum": 6}, "accepts_low_minimum", "We recommend at least 8 people"),
    ({"minimum": 13, "capacity": 12}, "capacity", "at least the number of people"),
    ({"cut_off_on": FIRST + timedelta(days=1)}, "cut_off_on", "27 March 2027 or earlier"),
    ({"venue": " "}, "venue", "Enter the venue"),
    ({"sessions": ()}, "day_1", "day and times"),
    ({"course_type": "no-such"}, "course_type", "Choose a course"),
    ({"trainer_user_id": 1}, "trainer", "only add courses that you run yourself"),
]


@pytest.mark.parametrize(("change", "field", "sentence"), WRONG)
def test_each_error_names_its_field(
    session: Session, actor: Actor, change: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(DomainError, match=sentence) as raised:
        running.schedule_run(actor, replace(courses.new_run(FIRST), **change))
    assert raised.value.field == field


def test_more_than_the_maximum_needs_a_reference(session: Session, actor: Actor) -> None:
    new = courses.new_run(FIRST, capacity=18, exception_reference="QA-77")
    assert running.schedule_run(actor, new)


def test_fewer_than_recommended_must_be_confirmed(session: Session, actor: Actor) -> None:
    assert running.schedule_run(actor, courses.new_run(FIRST, minimum=4, accepts_low_minimum=True))


def test_days_must_be_in_order(session: Session, actor: Actor) -> None:
    backwards = (courses.session_times(FIRST, time(16), time(9)),)
    twice = (courses.session_times(FIRST), courses.session_times(FIRST, time(15), time(18)))
    halves = (
        courses.session_times(FIRST, time(9), time(12)),
        courses.session_times(FIRST, time(12), time(16)),
    )
    for wrong, field in ((backwards, "ends_1"), (twice, "day_2")):
        with pytest.raises(InvalidInput) as raised:
            running.schedule_run(actor, courses.new_run(FIRST, sessions=wrong))
        assert raised.value.field == field
    assert running.schedule_run(actor, courses.new_run(FIRST, sessions=halves))


def test_a_trainers_runs_cannot_overlap(session: Session, actor: Actor) -> None:
    morning = (courses.session_times(FIRST, time(9), time(12)),)
    touching = (courses.session_times(FIRST, time(12), time(16)),)
    overlapping = (courses.session_times(FIRST, time(11, 59), time(16)),)
    running.schedule_run(actor, courses.new_run(FIRST, sessions=morning))
    with pytest.raises(Conflict, match="another course on 27 March 2027 at 9am"):
        running.schedule_run(actor, courses.new_run(FIRST, sessions=overlapping))
    second = running.schedule_run(actor, courses.new_run(FIRST, sessions=touching))
    with pytest.raises(Conflict, match="another course"):
        rescheduling.change_run(actor, second, courses.new_run(FIRST, sessions=overlapping))
    other = courses.actor_of(courses.trainer(), Role.TRAINER)
    elsewhere = courses.new_run(FIRST, sessions=overlapping, venue="The Barn, Watton")
    assert running.schedule_run(other, elsewhere)


def test_a_cancelled_run_does_not_clash(session: Session, actor: Actor) -> None:
    run_id = running.schedule_run(actor, courses.new_run(FIRST))
    rescheduling.cancel_run(actor, run_id, "No heating")
    assert running.schedule_run(actor, courses.new_run(FIRST))


def test_a_change_sends_one_letter_and_keeps_the_calendar_entry(
    session: Session, actor: Actor
) -> None:
    run_id = running.schedule_run(actor, courses.new_run(FIRST))
    run = session.get_one(CourseRun, run_id)
    person = people.person()
    courses.attendee(run, person)
    courses.attendee(run, name="Bob Brown")
    before = Calendar.from_ical(notifications.run_calendar(run_id, False)).walk("VEVENT")
    rescheduling.change_run(actor, run_id, courses.new_run(FIRST + timedelta(days=7)))
    (letter,) = sent(session, "run-changed")
    assert letter.person_id == person.id
    (file,) = letters.make_attachments("run-changed", letter.context)
    after = Calendar.from_ical(file.content).walk("VEVENT")
    assert [event["UID"] for event in after] == [event["UID"] for event in before]
    assert after[0]["SEQUENCE"] > before[0]["SEQUENCE"]
    assert clock.london_day(after[0].decoded("dtstart")) == FIRST + timedelta(days=7)


def test_a_change_of_numbers_sends_no_letters(session: Session, actor: Actor) -> None:
    run_id = running.schedule_run(actor, courses.new_run(FIRST))
    courses.attendee(session.get_one(CourseRun, run_id), people.person())
    rescheduling.change_run(actor, run_id, courses.new_run(FIRST, capacity=16))
    assert sent(session, "run-changed") == []


def test_the_capacity_cannot_be_less_than_the_places_taken(session: Session, actor: Actor) -> None:
    run_id = running.schedule_run(actor, courses.new_run(FIRST))
    run = session.get_one(CourseRun, run_id)
    for number in range(9):
        courses.attendee(run, name=f"Person {number}")
    with pytest.raises(InvalidInput, match="9 places are already taken"):
        rescheduling.change_run(actor, run_id, courses.new_run(FIRST, capacity=8))


def test_cancelling_sends_one_letter_with_other_dates(
    session: Session, actor: Actor, trainer: User
) -> None:
    run = courses.run(FIRST, trainer_user=trainer)
    other = courses.run(FIRST + timedelta(days=14), trainer_user=trainer)
    emailed = people.person()
    person_to_call = people.person(email=None, phone="+447700900124")
    for person in (emailed, person_to_call):
        courses.attendee(run, person)
    courses.attendee(run, name="Bob Brown", email="bob@example.org")
    rescheduling.cancel_run(actor, run.id, "The hall is flooded.")
    rescheduling.cancel_run(actor, run.id, "The hall is flooded.")
    found = sent(session, "run-cancelled")
    assert sorted(each.name for each in found) == sorted(
        [emailed.full_name, person_to_call.full_name, "Bob Brown"]
    )
    assert found[0].context["reason"] == "The hall is flooded."
    assert found[0].context["others"][0]["page"]["values"] == {"run_id": other.id}
    (file,) = letters.make_attachments("run-cancelled", found[0].context)
    calendar = Calendar.from_ical(file.content)
    assert calendar["METHOD"] == "CANCEL"
    assert {event["STATUS"] for event in calendar.walk("VEVENT")} == {"CANCELLED"}


def test_an_outdated_confirmation_is_not_sent(
    session: Session, actor: Actor, trainer: User
) -> None:
    run = courses.run(FIRST, trainer_user=trainer)
    attendee = courses.attendee(run, people.person())
    facts = queries.run_facts(run.id, TODAY)
    assert facts is not None
    notifications.notify_of_booking(facts, attendee)
    (letter,) = sent(session, "booking-confirmed")
    assert letters.objection_to_sending("booking-confirmed", letter.id, letter.context) is None
    rescheduling.cancel_run(actor, run.id, "No heating")
    assert letters.objection_to_sending("booking-confirmed", letter.id, letter.context)


def test_only_the_trainer_and_coordinators_can_change_a_run(
    session: Session, trainer: User
) -> None:
    run = courses.run(FIRST, trainer_user=trainer)
    stranger = courses.actor_of(courses.trainer(), Role.TRAINER)
    staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR)
    with pytest.raises(NotFound):
        rescheduling.cancel_run(stranger, run.id, "Mine now")
    rescheduling.cancel_run(staff, run.id, "The trainer is ill")
