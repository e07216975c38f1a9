"""Booking, holding and giving up places on a run."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.attendance import needs
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import Role
from app.courses import booking, queries
from app.courses.models import Attendee, Booking, CourseRun
from app.courses.types import NewAttendee
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import public_id
from tests.factories import accounts, certificates, courses, organisations, people

TODAY = date(2027, 3, 1)
FIRST = date(2027, 3, 27)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 1 March 2027."""
    with clock.frozen(TODAY) as at:
        yield at


def champion(name: str = "Ann Smith") -> tuple[Person, Actor]:
    """Create an approved person, and return them with their actor."""
    person = people.champion(name)
    actor = Actor(
        kind="user",
        name=name,
        user_id=person.user_id,
        person_id=person.id,
        roles=frozenset({Role.CHAMPION}),
    )
    return person, actor


def letters(session: Session, person: Person) -> list[str]:
    return list(
        session.scalars(
            select(Message.letter).where(Message.person_id == person.id).order_by(Message.id)
        )
    )


@pytest.fixture
def trainer(session: Session) -> User:
    """Create a trainer."""
    return courses.trainer()


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """Create a run at the end of March."""
    return courses.run(FIRST, trainer_user=trainer)


def trainer_actor(trainer: User) -> Actor:
    return courses.actor_of(trainer, Role.TRAINER)


def test_booking_a_place_is_idempotent_and_sends_one_letter(
    session: Session, run: CourseRun
) -> None:
    person, actor = champion()
    first = booking.book_own_place(actor, run.id, "Step-free access")
    assert booking.book_own_place(actor, run.id) == first
    assert letters(session, person) == ["booking-confirmed"]
    assert queries.places_taken(run.id) == 1
    booked = session.get_one(Attendee, first)
    assert booked.access_needs == "Step-free access"
    assert session.get_one(Booking, booked.booking_id).booker_user_id == person.user_id


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"capacity": 1}, "All places on this course are taken."),
        ({"cut_off_on": TODAY - timedelta(days=1)}, "Booking for this course has closed."),
        ({"cancelled_at": "now"}, "This course has been cancelled."),
        ({"completed_at": "now"}, "This course has ended."),
    ],
)
def test_booking_an_unavailable_run_gives_the_reason(
    session: Session, run: CourseRun, change: dict[str, object], sentence: str
) -> None:
    for name, value in change.items():
        setattr(run, name, clock.now() if value == "now" else value)
    courses.attendee(run, name="Somebody")
    _, actor = champion()
    with pytest.raises(Conflict, match=sentence):
        booking.book_own_place(actor, run.id)


def test_booking_is_possible_on_the_last_day_to_book(session: Session, run: CourseRun) -> None:
    run.cut_off_on = TODAY
    _, actor = champion()
    assert booking.book_own_place(actor, run.id)


def test_an_unpublished_run_is_not_found(session: Session, run: CourseRun) -> None:
    run.published_at = None
    _, actor = champion()
    with pytest.raises(NotFound):
        booking.book_own_place(actor, run.id)


def test_giving_up_a_place_frees_it_and_sends_one_letter(session: Session, run: CourseRun) -> None:
    person, actor = champion()
    booking.book_own_place(actor, run.id, "Hearing loop")
    before = run.revision
    booking.give_up_own_place(actor, run.id)
    booking.give_up_own_place(actor, run.id)
    assert letters(session, person) == ["booking-confirmed", "booking-cancelled"]
    assert queries.places_taken(run.id) == 0
    assert run.revision == before + 1
    assert session.scalars(select(Attendee.access_needs)).all() == [None]
    again = booking.book_own_place(actor, run.id)
    assert letters(session, person)[-1] == "booking-confirmed"
    assert session.get_one(Attendee, again).cancelled_at is None


REFRESHERS = [
    # last day in date, whether the refresher on 27 March can be booked
    (date(2027, 3, 27), True),
    (date(2027, 3, 26), False),
    (date(2028, 1, 1), True),
]


@pytest.mark.parametrize(("last", "allowed"), REFRESHERS)
def test_the_prerequisite_is_checked_on_the_first_day(
    session: Session, trainer: User, last: date, allowed: bool
) -> None:
    refresher = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    person, actor = champion()
    certificates.certificate(person, awarded_on=date(2024, 3, 1), expires_on=last)
    if allowed:
        assert booking.book_own_place(actor, refresher.id)
        return
    with pytest.raises(Conflict, match="in date on 27 March 2027"):
        booking.book_own_place(actor, refresher.id)


def test_a_refresher_needs_a_certificate(session: Session, trainer: User) -> None:
    refresher = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    _, actor = champion()
    with pytest.raises(Conflict, match="You need a certificate"):
        booking.book_own_place(actor, refresher.id)


def test_overlapping_courses_are_refused_but_adjacent_ones_are_not(
    session: Session, run: CourseRun
) -> None:
    _, actor = champion()
    booking.book_own_place(actor, run.id)
    overlapping = courses.run(
        FIRST, "community-champion", sessions=[courses.session_times(FIRST, time(16), time(18))]
    )
    touching = courses.run(
        FIRST, "community-champion", sessions=[courses.session_times(FIRST, time(16, 30), time(18))]
    )
    with pytest.raises(Conflict, match="at that time"):
        booking.book_own_place(actor, overlapping.id)
    assert booking.book_own_place(actor, touching.id)


def test_a_person_who_blocked_the_trainer_cannot_be_booked(
    session: Session, run: CourseRun, trainer: User
) -> None:
    person, actor = champion()
    people.block(person, user=trainer)
    with pytest.raises(Conflict, match="You asked never to meet"):
        booking.book_own_place(actor, run.id)
    coordinator = accounts.coordinator()
    staff = courses.actor_of(coordinator, Role.COORDINATOR, Role.SENSITIVE)
    with pytest.raises(NotFound):
        booking.book_person(staff, run.id, person.id)


def test_a_blocked_trainer_and_a_missing_person_get_the_same_response(
    session: Session, run: CourseRun, trainer: User, sign_in: Any
) -> None:
    """A coordinator's form does not reveal that a person has blocked the trainer."""
    person, _actor = champion()
    people.block(person, user=trainer)
    absent = 999_999_999
    pages = [f"/people/{public_id('people', each)}/book" for each in (person.id, absent)]
    client = sign_in(accounts.coordinator())
    data = {"run": public_id("course_runs", run.id), "trainer_reads": "name"}
    blocked, none = (client.post(page, data=data) for page in pages)
    assert (blocked.status_code, none.status_code) == (404, 404)
    varying = r'reference: [0-9a-f]+|name="csrf_token" value="[^"]*"'
    blocked_page, none_page = (re.sub(varying, "", each.text) for each in (blocked, none))
    assert blocked_page == none_page
    other = people.person("Olga Other")
    page = f"/people/{public_id('people', other.id)}/book"
    assert client.post(page, data=data).status_code == 302


def test_staff_can_book_only_people_they_may_see(
    session: Session, run: CourseRun, trainer: User
) -> None:
    person, _ = champion()
    staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR)
    with pytest.raises(NotFound):
        booking.book_person(trainer_actor(trainer), run.id, person.id)
    assert booking.book_person(staff, run.id, person.id)


def test_another_trainers_run_is_not_found(session: Session, run: CourseRun) -> None:
    other = courses.actor_of(courses.trainer(), Role.TRAINER)
    with pytest.raises(NotFound):
        booking.add_named_attendee(other, run.id, NewAttendee("Bob Brown"))


def test_held_places_count_as_taken_until_named_or_released(
    session: Session, run: CourseRun, trainer: User
) -> None:
    run.capacity = 4
    group = organisations.organisation("Watton Players")
    actor = trainer_actor(trainer)
    held_id = booking.hold_places(actor, run.id, group.id, 3)
    assert queries.places_taken(run.id) == 3
    booking.add_named_attendee(actor, run.id, NewAttendee("Bob Brown", from_booking_id=held_id))
    assert queries.places_taken(run.id) == 3
    booking.add_named_attendee(actor, run.id, NewAttendee("Cat Cole", walk_in=True))
    with pytest.raises(Conflict, match="There are no places left"):
        booking.add_named_attendee(actor, run.id, NewAttendee("Dan Day", walk_in=True))
    with pytest.raises(Conflict, match="There are no places left"):
        booking.hold_places(actor, run.id, group.id, 1)
    booking.release_places(actor, run.id, held_id)
    assert queries.places_taken(run.id) == 2
    names = [entry.name for entry in queries.list_visible_attendees(actor, run, TODAY)]
    assert names == ["Bob Brown", "Cat Cole"]


def test_more_names_than_held_places_are_refused(
    session: Session, run: CourseRun, trainer: User
) -> None:
    group = organisations.organisation("Watton Players")
    actor = trainer_actor(trainer)
    held_id = booking.hold_places(actor, run.id, group.id, 1)
    booking.add_named_attendee(actor, run.id, NewAttendee("Bob Brown", from_booking_id=held_id))
    with pytest.raises(Conflict, match="already added a name to that place"):
        booking.add_named_attendee(actor, run.id, NewAttendee("Cat Cole", from_booking_id=held_id))
    with pytest.raises(InvalidInput, match="full name"):
        booking.add_named_attendee(actor, run.id, NewAttendee("  "))


def test_a_named_person_with_an_email_address_gets_a_letter(
    session: Session, run: CourseRun, trainer: User
) -> None:
    new = NewAttendee("Bob Brown", email="bob@example.org")
    booking.add_named_attendee(trainer_actor(trainer), run.id, new)
    sent = session.scalars(select(Message).where(Message.address == "bob@example.org")).one()
    assert (sent.letter, sent.name) == ("booking-confirmed", "Bob Brown")


def test_a_person_without_email_is_added_to_the_call_list(session: Session, run: CourseRun) -> None:
    person = people.person("Eve East", email=None, phone="+447700900123")
    staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR)
    booking.book_person(staff, run.id, person.id)
    sent = session.scalars(select(Message).where(Message.person_id == person.id)).one()
    assert sent.channel == "phone"


def test_the_roll_leaves_out_people_who_blocked_the_reader(
    session: Session, run: CourseRun, trainer: User
) -> None:
    hidden, shown = people.person("Hilda Hidden"), people.person("Sam Shown")
    for entry in (hidden, shown):
        courses.attendee(run, entry)
    people.block(hidden, user=trainer)
    names = [
        entry.name for entry in queries.list_visible_attendees(trainer_actor(trainer), run, TODAY)
    ]
    assert names == ["Sam Shown"]


def test_people_of_sensitive_networks_are_listed_only_with_the_permission(
    session: Session, run: CourseRun
) -> None:
    sensitive = organisations.network(sensitive=True)
    courses.attendee(run, people.person("Sal Sensitive", networks=[sensitive]))
    permitted, not_permitted = (
        courses.actor_of(accounts.coordinator(sensitive=may), Role.COORDINATOR, *more)
        for may, more in ((True, [Role.SENSITIVE]), (False, []))
    )
    assert [entry.name for entry in queries.list_visible_attendees(permitted, run, TODAY)] == [
        "Sal Sensitive"
    ]
    assert queries.list_visible_attendees(not_permitted, run, TODAY) == []


def test_access_needs_are_deleted_three_months_after_the_course(
    session: Session, trainer: User
) -> None:
    old, recent = (
        courses.run(day, trainer_user=trainer) for day in (date(2026, 11, 27), date(2026, 12, 20))
    )
    for run in (old, recent):
        courses.attendee(run, name="Bob Brown", access_needs="Hearing loop")
    assert needs.delete_old_access_needs(TODAY) == 1
    kept = select(Attendee.run_id).where(Attendee.access_needs.is_not(None))
    assert session.scalars(kept).all() == [recent.id]


@pytest.mark.parametrize(
    ("now", "still_open"),
    [(time(9, 29), True), (time(9, 30), False), (time(16, 0), False), (time(23, 0), False)],
)
def test_a_course_that_has_started_cannot_be_booked(
    session: Session, run: CourseRun, now: time, still_open: bool
) -> None:
    _person, actor = champion()
    with clock.frozen(clock.london_instant(FIRST, now)):
        assert (run.id in [each.id for each in queries.catalogue(FIRST)]) is still_open
        if still_open:
            booking.book_own_place(actor, run.id)
        else:
            with pytest.raises(Conflict, match="Booking for this course has closed"):
                booking.book_own_place(actor, run.id)
