"""What people get from places that are linked to them, and what others can see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.attendance import linking
from app.certificates import service as certificate_service
from app.certificates.models import Certificate
from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.courses import booking, places
from app.courses import queries as course_queries
from app.courses.models import Attendee, AttendeeLink, CourseRun
from app.courses.types import Mark, TrainerAccess
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import at, public_id
from tests.factories import accounts, courses, organisations, people
from tests.factories.certificates import certificate
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linking import (
    REFRESHER,
    attend,
    is_first_aider,
    letters,
    plain_text,
    press,
    sign_off,
)

pytestmark = pytest.mark.usefixtures("evening_after")
SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def hidden(session: Session) -> Person:
    """Create a first aider who is known only to staff with the sensitive permission."""
    person = people.person(
        "Hilda Hidden",
        email="hilda@hidden.example",
        networks=[organisations.network(sensitive=True)],
    )
    certificate(person, awarded_on=FIRST - timedelta(days=900))
    return person


def results(client: FlaskClient, run_id: int, *names: str) -> list[str]:
    """Return the result beside each of these names on the attendance page."""
    text = plain_text(client.get(at(f"/training/{run_id}/attendance")).text)
    return [text.partition(f"{name} ")[2].partition(",")[0].strip() for name in names]


@pytest.mark.parametrize("course_slug", [REFRESHER, "community-champion"])
def test_results_do_not_reveal_a_hidden_link(
    session: Session, sign_in: SignIn, trainer: User, hidden: Person, course_slug: str
) -> None:
    """Previously, the result of a refresher showed whether the attendee is known."""
    run = courses.run(FIRST, course_slug, trainer_user=trainer)
    if course_slug != REFRESHER:  # their own place gets the certificate
        courses.mark_attendance(courses.attendee(run, hidden), trainer)
    known = attend(run, trainer, name="Hilda Hiden", email="hilda@hidden.example")
    attend(run, trainer, name="Nora Nobody", email="nora@nobody.example")
    linking.link_certain_matches()
    sign_off(run, trainer)
    client = sign_in(accounts.coordinator(sensitive=False))
    first, second = results(client, run.id, "Hilda Hiden", "Nora Nobody")
    assert first == second
    assert first in ("Record of attendance", "Certificate")
    one = plain_text(client.get(at(f"/training/{run.id}/people/{known.id}")).text)
    assert f"Result {first}" in one
    rows = plain_text(client.get("/training/attendees").text)
    assert rows.count(first) == 2
    client = sign_in(accounts.coordinator())
    assert results(client, run.id, "Hilda Hiden", "Nora Nobody") != [first, second]


def test_a_name_that_the_trainer_must_not_read_is_not_offered_to_them(
    session: Session, sign_in: SignIn
) -> None:
    """The trainer is a coordinator too, and opens the page of somebody with that name."""
    both = accounts.user(Role.TRAINER, Role.COORDINATOR, Role.SENSITIVE)
    run = courses.run(FIRST, trainer_user=both)
    attendee = courses.attendee(run, name="Nell Nameless")
    attendee.trainer_reads = TrainerAccess.NOTHING
    person = people.person("Nell Nameless")
    page = at(f"/people/{person.id}")
    assert "May have attended" not in sign_in(both).get(page).text
    assert "May have attended" in sign_in(accounts.coordinator()).get(page).text


def test_undoing_a_link_leaves_the_certificate_of_the_persons_own_place(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    person = people.person("Ann Field")
    own = courses.attendee(run, person)
    own.trainer_reads = TrainerAccess.NOTHING
    attendee = attend(run, trainer, name="Ann Field")
    courses.link(attendee, person)
    sign_off(run, trainer)
    courses.mark_attendance(own, trainer)
    sign_in(accounts.coordinator())
    press(client, attendee, "unlink")
    assert is_first_aider(person)


def test_linking_does_not_bring_back_a_revoked_certificate(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    attendee = attend(run, trainer, name="Bob Brown")
    sign_off(run, trainer)
    made = session.scalars(select(Certificate)).one()
    sign_in(accounts.coordinator())
    client.post(at(f"/certificates/{made.id}/revoke"), data={"reason": "He signed for a friend"})
    person = people.person("Bob Brown")
    assert "Record of attendance" in press(client, attendee, "link", person)
    assert "training-recorded" not in letters(session)
    assert not is_first_aider(person)


def test_a_phone_number_beside_another_email_address_is_not_sure(
    session: Session, trainer: User
) -> None:
    """The letter goes to the typed address, and would show whether the person is known."""
    people.person("Ann Field", email="ann@field.example", phone="+447700900982")
    run = courses.run(FIRST, REFRESHER, trainer_user=trainer)
    attendee = attend(run, trainer, name="Ann Field", email="tess@trainer.example")
    attendee.phone = "+447700900982"
    session.flush()
    assert linking.link_certain_matches() == 0
    attendee.email = None
    session.flush()
    assert linking.link_certain_matches() == 1


def test_a_linked_person_without_a_typed_email_address_is_told_once(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    person = people.person("Ann Field", email="ann@field.example", phone="+447700900982")
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    attendee = attend(run, trainer, name="Ann Field")
    attendee.phone = "+447700900982"
    session.flush()
    linking.link_certain_matches()
    assert session.scalars(select(AttendeeLink)).one().person_id == person.id
    sign_in(trainer)
    page = client.post(at(f"/training/{run.id}/complete"), follow_redirects=True).text
    letter = session.scalars(select(Message)).one()
    assert (letter.letter, letter.person_id) == ("training-recorded", person.id)
    assert "No message was sent. You need to tell them yourself" in page


@pytest.mark.parametrize("linked", [False, True])
def test_choosing_somebody_does_not_show_whether_a_name_is_linked_to_them(
    session: Session, sign_in: SignIn, trainer: User, linked: bool
) -> None:
    """Previously, choosing a person who was already linked said “added”, but nobody was added."""
    person = people.person("Ann Field", email="ann@field.example")
    courses.attendee(courses.run(FIRST - timedelta(days=90), trainer_user=trainer), person)
    run = courses.run(clock.today() + timedelta(days=30), trainer_user=trainer)
    email = "ann@field.example" if linked else "other@field.example"
    courses.attendee(run, name="Anne Field", email=email)
    assert linking.link_certain_matches() == int(linked)
    data = {"person": public_id("people", person.id)}
    page = sign_in(trainer).post(at(f"/training/{run.id}/add/known"), data=data)
    assert "Anne Field is already on this course. If you mean" in plain_text(page.text)


def test_reopening_revokes_the_certificate_of_a_place_that_merging_freed(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    kept, closed = people.person("Ann Field"), people.person("Anne Field")
    courses.mark_attendance(courses.attendee(run, closed), trainer)
    courses.mark_attendance(courses.attendee(run, kept), trainer, Mark.ABSENT)
    sign_off(run, trainer)
    places.free_duplicate_places(SYSTEM, closed.id, kept.id)
    certificate_service.move_certificates(SYSTEM, closed.id, kept.id)
    assert is_first_aider(kept)
    sign_in(trainer).post(at(f"/training/{run.id}/reopen"), data={"reason": "Wrong marks"})
    assert not is_first_aider(kept)


def add_two_places_of_one_person(trainer: User, day: date) -> tuple[CourseRun, Person, Attendee]:
    """Create a run on which somebody booked a place, was also added by name, and was linked."""
    run = courses.run(day, trainer_user=trainer)
    person = people.champion("Ann Field")
    courses.attendee(run, person)
    named = courses.attendee(run, name="Ann Field")
    courses.link(named, person)
    return run, person, named


def places_left(session: Session, run: CourseRun) -> int:
    found = course_queries.run_facts(run.id, clock.today())
    assert found is not None
    return found.places_left


@pytest.mark.parametrize("how", ["cancels", "leaves", "paused"])
def test_a_person_who_cannot_come_frees_both_places(
    session: Session, sign_in: SignIn, trainer: User, how: str
) -> None:
    """Previously, one of the two places stayed taken, although the person would not come."""
    run, person, _named = add_two_places_of_one_person(trainer, clock.today() + timedelta(days=30))
    assert places_left(session, run) == 10
    if how == "cancels":
        client = sign_in(session.get_one(User, person.user_id))
        client.post(at(f"/courses/{run.id}/give-up"))
    elif how == "leaves":
        leave = {"what": "leave", "reason": "moved", "confirm": "yes"}
        sign_in(session.get_one(User, person.user_id)).post("/me/leave", data=leave)
    else:
        booking.cancel_bookings(
            courses.actor_of(accounts.user(Role.SAFEGUARDING), Role.SAFEGUARDING),
            person.id,
            [each.id for each in session.scalars(select(Attendee))],
        )
    assert places_left(session, run) == 12
    expected = [] if how == "leaves" else ["booking-cancelled"]
    assert [each for each in letters(session) if each == "booking-cancelled"] == expected


def test_staff_remove_one_of_two_places(session: Session, sign_in: SignIn, trainer: User) -> None:
    run, person, named = add_two_places_of_one_person(trainer, clock.today() + timedelta(days=30))
    client = sign_in(accounts.coordinator())
    client.post(at(f"/training/{run.id}/people/{named.id}/remove"))
    assert places_left(session, run) == 11
    found = course_queries.find_place(run.id, person.id)
    assert found is not None
    assert found.person_id == person.id


def test_linked_people_with_another_course_are_on_the_coordinators_list(
    session: Session, sign_in: SignIn, trainer: User, hidden: Person
) -> None:
    """Previously, only people who were booked with their record were on the list."""
    day = clock.today() + timedelta(days=30)
    refresher = courses.run(day, REFRESHER, trainer_user=trainer)
    other = courses.run(day, "community-champion", venue="The Barn")
    person = people.person("Ann Field")
    certificate(person, awarded_on=FIRST - timedelta(days=100))
    for run in (refresher, other):
        courses.link(courses.attendee(run, name="Ann Field"), person)
        courses.link(courses.attendee(run, name="Hilda Hidden"), hidden)
    page = sign_in(accounts.coordinator()).get("/").text
    assert page.count(at(f"/people/{person.id}")) == 2
    assert page.count(at(f"/people/{hidden.id}")) == 2
    page = sign_in(accounts.coordinator(sensitive=False)).get("/").text
    assert at(f"/people/{hidden.id}") not in page
    page = sign_in(trainer).get("/").text
    assert "Call somebody" not in page


@pytest.mark.parametrize("certificate_seen", [False, True])
def test_linked_people_without_the_earlier_certificate_are_on_the_coordinators_list(
    session: Session, sign_in: SignIn, trainer: User, certificate_seen: bool
) -> None:
    run = courses.run(clock.today() + timedelta(days=30), REFRESHER, trainer_user=trainer)
    person = people.person("Ann Field")
    attendee = courses.attendee(run, name="Ann Field")
    courses.link(attendee, person)
    client = sign_in(accounts.coordinator())
    if certificate_seen:
        earlier = at(f"/training/{run.id}/people/{attendee.id}/earlier")
        client.post(earlier, data={"kind": "mhfa-adult", "reason": "Paper"})
    assert (at(f"/people/{person.id}") in client.get("/").text) is not certificate_seen


@pytest.mark.parametrize("completed", [False, True])
def test_the_pages_about_a_booked_place_say_only_what_they_know(
    session: Session, sign_in: SignIn, trainer: User, completed: bool
) -> None:
    """The contact details of a booked person are in their record, not with the place."""
    run = courses.run(FIRST, REFRESHER, trainer_user=trainer)
    person = people.person("Ann Field", email="ann@field.example")
    booked, linked = courses.attendee(run, person), attend(run, trainer, name="Nora Named")
    courses.link(linked, people.person("Nora Named"))
    if completed:
        courses.mark_attendance(booked, trainer)
        sign_off(run, trainer)
    client = sign_in(accounts.coordinator())
    own, typed = (
        plain_text(client.get(at(f"/training/{run.id}/people/{each.id}")).text)
        for each in (booked, linked)
    )
    assert "Not given" not in own and "Email address" not in own
    assert "Email address Not given" in typed and "Phone number Not given" in typed
    page = client.get(at(f"/training/{run.id}")).text
    assert "View place" in page
    assert ">Actions<" in page
    assert ("Remove" in page) is not completed
