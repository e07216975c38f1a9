"""Whatever people do counts as hearing from them, on every path."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.attendance import signing_off
from app.core import clock, links
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.courses import booking
from app.courses.types import Mark
from app.matching import service as requests
from app.messages.models import Message
from app.people import activity
from app.people.models import ActivityConfirmation, Person
from app.people.types import PersonState
from app.signin import sign_in_links
from tests.factories import courses, matching, people

TODAY = date(2027, 3, 27)
LONG_AGO = date(2026, 1, 5)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock."""
    with clock.frozen(TODAY) as at:
        yield at


@pytest.fixture
def champion(session: Session) -> Person:
    """Create a champion who was last heard from over a year ago."""
    made = people.champion(registered_at=clock.start_of_day(LONG_AGO), active_on=LONG_AGO)
    assert made.state(TODAY) is PersonState.NOT_CONFIRMED
    return made


def days_heard_from(session: Session, person: Person) -> list[date]:
    """Return the days on which we heard from the person, after the first."""
    session.expire_all()
    days = session.scalars(
        select(ActivityConfirmation.on)
        .where(ActivityConfirmation.person_id == person.id, ActivityConfirmation.on > LONG_AGO)
        .order_by(ActivityConfirmation.on)
    )
    return list(days)


@pytest.mark.usefixtures("no_attempts")
def test_signing_in_counts_and_opening_the_link_does_not(
    client: FlaskClient, session: Session, champion: Person
) -> None:
    user = session.get_one(User, champion.user_id)
    client.post("/sign-in", data={"email": user.email})
    sent = session.scalars(select(Message).where(Message.user_id == user.id)).one()
    token = links.token(sign_in_links.LINK, sent.context["link"]["link_id"])
    for _scan in range(2):
        client.get(f"/sign-in/link/{token}")
    assert days_heard_from(session, champion) == []
    client.post(f"/sign-in/link/{token}")
    assert days_heard_from(session, champion) == [TODAY]
    assert champion.state(TODAY) is PersonState.ACTIVE
    written = session.scalars(
        select(AuditEntry).where(AuditEntry.verb == "person.heard-from")
    ).one()
    assert (written.subject_type, written.subject_id) == ("people", champion.id)
    assert written.actor_user_id == user.id


def test_booking_counts(session: Session, champion: Person) -> None:
    run = courses.run(TODAY + timedelta(days=30), trainer_user=courses.trainer())
    user = session.get_one(User, champion.user_id)
    actor = courses.actor_of(user, Role.CHAMPION, person=champion)
    booking.book_own_place(actor, run.id)
    booking.book_own_place(actor, run.id)
    assert days_heard_from(session, champion) == [TODAY]


def test_attending_counts_on_the_day_of_the_session(
    client: FlaskClient, session: Session, champion: Person
) -> None:
    trainer = courses.trainer()
    first_day = TODAY - timedelta(days=3)
    run = courses.run(first_day, trainer_user=trainer)
    present = courses.attendee(run, champion)
    absent = courses.attendee(run, people.champion(active_on=LONG_AGO))
    first, last = (each.id for each in run.sessions)
    actor = courses.actor_of(trainer, Role.TRAINER)
    signing_off.record_attendance(
        actor,
        run.id,
        {
            (present.id, first): Mark.PART,
            (present.id, last): Mark.ABSENT,
            (absent.id, first): Mark.ABSENT,
        },
    )
    assert days_heard_from(session, champion) == [first_day]
    assert absent.person_id is not None
    assert first_day not in days_heard_from(session, session.get_one(Person, absent.person_id))


def test_answering_a_request_counts(client: FlaskClient, session: Session) -> None:
    person = matching.candidate(
        None, registered_at=clock.start_of_day(LONG_AGO), active_on=LONG_AGO, can_sign_in=True
    )
    proposal = matching.proposal(matching.need(), person, sent=True)
    link = links.create(requests.PURPOSE, proposal.id, requests.LINK_LIFETIME)
    address = f"/requests/answer/{links.token(requests.PURPOSE, link)}"
    client.get(address)
    client.head(address)
    assert days_heard_from(session, person) == []
    client.post(address, data={"answer": "no"})
    assert days_heard_from(session, person) == [TODAY]


def test_applicants_are_not_heard_from_before_they_are_approved(session: Session) -> None:
    person = people.applicant(registered_at=clock.start_of_day(LONG_AGO))
    activity.record_activity(courses.actor_of(courses.trainer(), Role.TRAINER), person.id)
    assert days_heard_from(session, person) == []
