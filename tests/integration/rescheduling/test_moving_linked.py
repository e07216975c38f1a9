"""Moving a run with people who were added by name and are linked to a record."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.permissions import Role
from app.courses.models import Attendee, CourseRun
from app.messages import outbox, writing
from app.messages.models import Message
from app.messages.types import NOBODY
from app.people.models import Person
from app.people.types import ContactKind
from tests.addresses import at
from tests.factories import accounts, certificates, courses, people
from tests.integration.rescheduling.moving import FIRST, LATER, Move, SignIn, holder

HEADING = "People added by name who can no longer take the course"
LAST = date(2027, 12, 1)


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    return courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)


def link_named_attendee(run: CourseRun, person: Person, email: str | None = None) -> Attendee:
    """Add somebody by a slightly different name, and link them to a record."""
    attendee = courses.attendee(run, name="Wanda Walker", email=email)
    courses.link(attendee, person)
    return attendee


def letters(session: Session) -> list[tuple[str | None, str, str]]:
    """Return the address, letter and problem of each message that is waiting or sent."""
    session.expire_all()
    rows = session.scalars(
        select(Message)
        .where(Message.voided_at.is_(None), Message.address != NOBODY)
        .order_by(Message.address, Message.id)
    )
    return [(each.address, each.letter, each.context.get("problem", "")) for each in rows]


def champion_with_expiring_certificate(
    session: Session, email: str = "wanda@home.example"
) -> Person:
    person = people.person("Wanda Wolker", email=email)
    certificates.certificate(person, awarded_on=date(2024, 4, 1), expires_on=FIRST)
    return person


def champion_booked_twice() -> Person:
    """Create a champion with another course on the new day."""
    person = people.person("Wanda Wolker", email="wanda@home.example")
    certificates.certificate(person, awarded_on=date(2024, 4, 1), expires_on=LAST)
    courses.attendee(courses.run(LATER, "community-champion", venue="The Barn"), person)
    return person


def without_identifiers(page: str) -> str:
    """Return a page without whatever differs between runs and between visits."""
    page = re.sub(r'name="(csrf_token|seen|once)"[^>]*', "", page)
    return re.sub(r"/(training|people)/[\w-]{20,}", r"/\1/ID", page)


@pytest.mark.parametrize("why", ["prerequisite", "other course"])
def test_a_coordinator_sees_linked_people_who_no_longer_fit(
    session: Session, sign_in: SignIn, run: CourseRun, why: str
) -> None:
    """Previously, they were not on the page, and nobody told them."""
    link_named_attendee(
        run,
        champion_with_expiring_certificate(session)
        if why == "prerequisite"
        else champion_booked_twice(),
    )
    move = Move(sign_in(accounts.coordinator()), run)
    page = move.check()
    listed = page.partition(HEADING)[2].partition("How we will tell them")[0]
    assert "Wanda Walker" in listed
    assert "record of Wanda Wolker" in listed
    because = "in date on 10 April 2027" if why == "prerequisite" else "another course at that time"
    assert because in listed
    assert "You need to tell these people yourself" not in page
    for _again in range(2):
        reply = move.press(page)
        assert reply.status_code == 302
        assert "Tell these people yourself" not in move.client.get(reply.location).text
    ((address, letter, problem),) = letters(session)
    assert (address, letter) == ("wanda@home.example", "run-changed")
    assert because in problem
    kept = select(Attendee).where(Attendee.run_id == run.id, Attendee.cancelled_at.is_(None))
    assert len(session.scalars(kept).all()) == 1


def test_a_linked_person_who_still_fits_is_not_listed(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    link_named_attendee(run, holder("Wanda Wolker", LAST))
    move = Move(sign_in(accounts.coordinator()), run)
    page = move.check()
    assert HEADING not in page
    move.press(page)
    assert letters(session) == []


def pages_and_letters_of_a_move(
    session: Session, sign_in: SignIn, trainer: User, person: Person | None
) -> tuple[list[str], dict[str | None, bool]]:
    """Move a run with somebody added by name.

    Return what the trainer sees on the way, and whether the letters mention a problem, by address.
    """
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    attendee = courses.attendee(run, name="Wanda Walker", email="friend@typed.example")
    if person is not None:
        courses.link(attendee, person)
    client = sign_in(trainer)
    move = Move(client, run)
    pages = [client.get(at(f"/training/{run.id}")).text, move.check()]
    reply = move.press(pages[-1])
    assert reply.status_code == 302
    pages += [client.get(reply.location).text, client.get(at(f"/training/{run.id}")).text]
    problems = {each[0]: bool(each[2]) for each in letters(session)}
    session.refresh(attendee)
    assert attendee.cancelled_at is None
    for message in session.scalars(select(Message)):
        message.sent_at = clock.now()
    session.flush()
    pages.append(client.get(at(f"/training/{run.id}")).text)
    return [without_identifiers(page) for page in pages], problems


@pytest.mark.parametrize("roles", [[Role.TRAINER], [Role.TRAINER, Role.COORDINATOR]])
def test_the_trainer_learns_nothing(session: Session, sign_in: SignIn, roles: list[Role]) -> None:
    """Everything is the same for somebody known who no longer fits as for somebody unknown."""
    trainer = accounts.user(*roles)
    unknown, problems = pages_and_letters_of_a_move(session, sign_in, trainer, None)
    assert problems == {"friend@typed.example": False}
    (run,) = session.scalars(select(CourseRun))
    run.cancelled_at = clock.now()  # the room is free again
    session.flush()
    known, problems = pages_and_letters_of_a_move(
        session, sign_in, trainer, champion_with_expiring_certificate(session)
    )
    assert problems == {"friend@typed.example": False, "wanda@home.example": True}
    for one, other in zip(known, unknown, strict=True):
        assert one == other
        assert HEADING not in one
        assert "Wolker" not in one


def test_one_letter_if_the_typed_address_is_their_own(
    session: Session, sign_in: SignIn, run: CourseRun, trainer: User
) -> None:
    """It follows the person's contact wishes. Previously, capitals led to a second letter."""
    person = champion_with_expiring_certificate(session)
    person.protected_at = clock.now()
    link_named_attendee(run, person, email="Wanda@Home.example")
    client = sign_in(trainer)
    move = Move(client, run)
    move.press(move.check())
    ((address, _letter, problem),) = letters(session)
    assert address == "wanda@home.example"
    assert "in date on 10 April 2027" in problem
    sent = session.scalars(select(Message).where(Message.address == address)).one()
    assert (sent.person_id, sent.neutral) == (person.id, True)
    page = client.get(at(f"/training/{run.id}")).text
    assert "Waiting to be sent by email" in page
    assert "About the change" in page


@pytest.mark.parametrize("how", ["booked", "linked", "own address"])
def test_a_second_change_still_tells_the_problem(
    session: Session, sign_in: SignIn, run: CourseRun, how: str
) -> None:
    """Previously, the new letter replaced the one with the problem and did not mention it."""
    person = champion_with_expiring_certificate(session)
    if how == "booked":
        courses.attendee(run, person)
    else:
        link_named_attendee(
            run, person, email="wanda@home.example" if how == "own address" else None
        )
    move = Move(sign_in(accounts.coordinator()), run)
    move.press(move.check(), prerequisite="keep")
    move.press(move.check(venue="The Barn"))
    ((address, _letter, problem),) = letters(session)
    assert address == "wanda@home.example"
    assert "in date on 10 April 2027" in problem


@pytest.mark.parametrize("by", ["email", "phone"])
def test_undoing_a_link_stops_the_letter_to_that_person(
    session: Session, sign_in: SignIn, run: CourseRun, by: str
) -> None:
    """Previously, somebody with a similar name was told of a place that was not theirs."""
    person = champion_with_expiring_certificate(
        session, email="wanda@home.example" if by == "email" else ""
    )
    if by == "phone":
        person.preferred = ContactKind.PHONE
        people.contact(person, ContactKind.PHONE, "+447700900123")
    attendee = link_named_attendee(run, person)
    client = sign_in(accounts.coordinator())
    move = Move(client, run)
    move.press(move.check())
    assert ("Wanda Wolker" in client.get("/reminders").text) is (by == "phone")
    client.post(at(f"/training/{run.id}/people/{attendee.id}/unlink"))
    assert "Wanda Wolker" not in client.get("/reminders").text
    session.commit()
    outbox.send_waiting()
    session.expire_all()
    letter = session.scalars(select(Message).where(Message.letter == "run-changed")).one()
    assert letter.sent_at is None
    if by == "email":
        assert letter.void_reason == "the link was undone"
    client.post(at(f"/training/{run.id}/people/{attendee.id}/link/{person.id}"))
    assert ("Wanda Wolker" in client.get("/reminders").text) is (by == "phone")


def test_a_person_with_their_own_place_too_is_told_once(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    person = champion_with_expiring_certificate(session)
    courses.attendee(run, person)
    link_named_attendee(run, person)
    move = Move(sign_in(accounts.coordinator()), run)
    page = move.check()
    assert HEADING not in page
    move.press(page, prerequisite="keep")
    assert [each[0] for each in letters(session)] == ["wanda@home.example"]


def test_a_later_move_that_suits_them_is_told_too(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    link_named_attendee(run, champion_with_expiring_certificate(session))
    move = Move(sign_in(accounts.coordinator()), run)
    move.press(move.check())
    for message in session.scalars(select(Message)):
        message.sent_at = clock.now()
    session.flush()
    page = move.check(day=(FIRST - timedelta(days=4)).isoformat())
    assert HEADING not in page
    move.press(page)
    assert [(each[0], bool(each[2])) for each in letters(session)] == [
        ("wanda@home.example", True),
        ("wanda@home.example", False),
    ]


@pytest.mark.parametrize("how", ["not sent", "no answer", "stopped worker"])
def test_a_later_move_is_told_if_the_first_letter_may_have_arrived(
    session: Session, sign_in: SignIn, run: CourseRun, how: str
) -> None:
    """Previously, the first letter was due to be sent again, so it counted as not delivered."""
    link_named_attendee(run, champion_with_expiring_certificate(session))
    move = Move(sign_in(accounts.coordinator()), run)
    move.press(move.check())
    (first,) = session.scalars(select(Message))
    if how == "no answer":
        first.unsettled_at, first.attempts = clock.now(), 1
    elif how == "stopped worker":
        writing.record_attempt(first.id, 1)
    session.flush()
    move.press(move.check(day=(FIRST - timedelta(days=4)).isoformat()))
    expected = [] if how == "not sent" else [("wanda@home.example", "run-changed", "")]
    assert letters(session) == expected
    assert first.voided_at is not None


@pytest.mark.parametrize("moved", [False, True])
def test_a_certificate_that_staff_have_seen_counts_on_the_same_first_day(
    session: Session, sign_in: SignIn, run: CourseRun, moved: bool
) -> None:
    """Only the times change, so nobody has to see the certificate again."""
    attendee = link_named_attendee(run, people.person("Wanda Wolker", email="wanda@home.example"))
    booked = courses.attendee(run, people.person("Bella Booked", email="bella@home.example"))
    for each in (attendee, booked):
        each.earlier_seen_at = clock.now()
    session.flush()
    move = Move(sign_in(accounts.coordinator()), run)
    page = move.check(day=(LATER if moved else FIRST).isoformat(), ends_1="15:30")
    assert (HEADING in page) is moved
    assert ("People without a certificate for" in page) is moved
    if not moved:
        move.press(page)
        assert {each[2] for each in letters(session)} == {""}
