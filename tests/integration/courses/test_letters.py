"""Letters about courses are complete, with neutral subjects and the right attachments."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attendance import signing_off
from app.certificates import claims
from app.certificates.types import DatePrecision, ExternalTraining
from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.permissions import Role
from app.courses import booking
from app.courses.models import Attendee
from app.courses.types import Mark, NewAttendee
from app.messages.models import Message
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Channel, RenderedMessage
from app.people.models import Person
from app.rescheduling import service as rescheduling
from tests.factories import courses, people
from tests.factories import messages as make

TODAY = date(2027, 3, 1)
FIRST = date(2027, 3, 27)
REVEALING_WORDS = (
    "mental",
    "mhfa",
    "first aid",
    "abuse",
    "suicide",
    "lapse",
    "expire",
    "certificate",
)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 1 March 2027."""
    with clock.frozen(TODAY) as at:
        yield at


def rendered(message: Message, channel: Channel = Channel.EMAIL) -> RenderedMessage:
    return render(message.letter, channel, message.name, message.context, ProgrammeFacts.current())


def test_every_letter_of_a_run_is_complete_and_neutral(session: Session) -> None:
    trainer = courses.trainer()
    actor = courses.actor_of(trainer, Role.TRAINER)
    person: Person = people.champion("Ann Smith")
    own = Actor(
        kind="user",
        user_id=person.user_id,
        person_id=person.id,
        roles=frozenset({Role.CHAMPION}),
    )
    run = courses.run(FIRST, trainer_user=trainer)
    booking.book_own_place(own, run.id)
    booking.add_named_attendee(actor, run.id, NewAttendee("Bob Brown", email="bob@example.org"))
    booking.give_up_own_place(own, run.id)
    booking.book_own_place(own, run.id)
    rescheduling.change_run(actor, run.id, courses.new_run(FIRST + timedelta(days=1)))
    with clock.frozen(FIRST + timedelta(days=3)):
        for attendee in session.scalars(select(Attendee).where(Attendee.cancelled_at.is_(None))):
            courses.mark_attendance(attendee, trainer)
        signing_off.sign_off(actor, run.id)
        make.deliver()
        signing_off.reopen_run(actor, run.id, "One was absent")
        sessions = [each.id for each in run.sessions]
        ann = session.scalars(
            select(Attendee).where(Attendee.person_id == person.id, Attendee.cancelled_at.is_(None))
        ).one()
        signing_off.record_attendance(actor, run.id, {(ann.id, sessions[0]): Mark.ABSENT})
        signing_off.sign_off(actor, run.id)
    other = courses.run(FIRST + timedelta(days=30), trainer_user=trainer)
    courses.run(FIRST + timedelta(days=60), trainer_user=trainer)
    courses.attendee(other, person)
    rescheduling.cancel_run(actor, other.id, "The hall is flooded.")
    external = ExternalTraining("mhfa-adult", date(2024, 3, 1), DatePrecision.MONTH, "Mind")
    claims.record_training(SYSTEM, person.id, external)

    messages = session.scalars(select(Message).order_by(Message.id)).all()
    assert {message.letter for message in messages} == {
        "booking-confirmed",
        "booking-cancelled",
        "run-changed",
        "run-cancelled",
        "training-recorded",
        "training-corrected",
        "training-confirmed",
    }
    for message in messages:
        letter = rendered(message)
        text = rendered(message, Channel.SMS).text
        for word in REVEALING_WORDS:
            assert word not in letter.subject.lower(), (message.letter, word)
            assert word not in text.lower(), (message.letter, word)
        assert message.name in letter.text
        assert message.name in letter.html
        assert "http://127.0.0.1:5000/" in letter.text or message.letter in (
            "training-corrected",
            "booking-confirmed",
            "run-changed",
        )
        for file in letter.attachments:
            assert file.media_type.startswith("text/calendar")
            (first, *_) = Calendar.from_ical(file.content).walk("VEVENT")
            assert first["SUMMARY"] == "Training day"
    with_files = {m.letter for m in messages if rendered(m).attachments}
    assert with_files == {
        "booking-confirmed",
        "booking-cancelled",
        "run-changed",
        "run-cancelled",
    }
    (cancelled,) = [m for m in messages if m.letter == "run-cancelled"]
    assert "The hall is flooded." in rendered(cancelled).text
    assert "Wednesday 26 May 2027" in rendered(cancelled).text


def test_leaving_the_network_frees_places_without_a_letter(session: Session) -> None:
    person = people.person()
    coming, begun = courses.run(FIRST), courses.run(TODAY - timedelta(days=1))
    places = [courses.attendee(run, person) for run in (coming, begun)]
    assert booking.give_up_all_places(SYSTEM, person.id) == 1
    assert [place.cancelled_at is not None for place in places] == [True, False]
    assert session.scalars(select(Message)).all() == []
