"""One of a person's two places is removed, and more was recorded for that one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.permissions import Role
from app.courses.models import Attendee, CourseRun
from app.courses.types import Mark
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, organisations, people
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linked_refreshers import valid_certificates
from tests.integration.attendance.test_linking import REFRESHER
from tests.integration.attendance.test_merged_marks import marks
from tests.integration.attendance.test_seen_kind import (
    ADULT,
    YOUTH,
    page_about,
    post,
    record_certificate_seen,
)

pytestmark = pytest.mark.usefixtures("evening_after")
NONE_SEEN = (None, None, None, None)
SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    return courses.run(FIRST, REFRESHER, trainer_user=trainer)


def add_by_name(run: CourseRun, person: Person) -> Attendee:
    attendee = courses.attendee(run, name="Wanda Wolker", email="friend@typed.example")
    courses.link(attendee, person)
    return attendee


def certificate_seen_for(session: Session, attendee: Attendee) -> tuple[object, ...]:
    session.refresh(attendee)
    by = attendee.earlier_seen_by_user_id
    return attendee.earlier_seen_at, by, attendee.earlier_kind_id, attendee.earlier_awarded_on


def remove_attendee(client: FlaskClient, attendee: Attendee) -> None:
    reply = client.post(at(f"/training/{attendee.run_id}/people/{attendee.id}/remove"))
    assert reply.status_code in (302, 303)


@pytest.mark.parametrize("other_mark", [None, Mark.ABSENT, Mark.PART])
def test_the_booked_place_keeps_the_attendance(
    session: Session, sign_in: SignIn, trainer: User, other_mark: Mark | None
) -> None:
    """The person lost the certificate, because they were present under the typed name."""
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    person = people.person("Wanda Walker")
    booked, linked = courses.attendee(run, person), add_by_name(run, person)
    if other_mark is not None:
        courses.mark_attendance(booked, trainer, other_mark)
    courses.mark_attendance(linked, trainer)
    client = sign_in(accounts.coordinator())
    remove_attendee(client, linked)
    assert marks(session, booked) == [Mark.ATTENDED, Mark.ATTENDED]
    post(client, run, "complete")
    assert valid_certificates(session) == [(ADULT, person.id)]


def test_more_attendance_is_never_replaced(
    session: Session, sign_in: SignIn, run: CourseRun, trainer: User
) -> None:
    person = people.person("Wanda Walker")
    booked, linked = courses.attendee(run, person), add_by_name(run, person)
    courses.mark_attendance(booked, trainer)
    courses.mark_attendance(linked, trainer, Mark.ABSENT)
    remove_attendee(sign_in(accounts.coordinator()), linked)
    assert marks(session, booked) == [Mark.ATTENDED]


@pytest.mark.parametrize("other_has_one", [False, True])
def test_the_booked_place_keeps_the_certificate_seen(
    session: Session, sign_in: SignIn, run: CourseRun, trainer: User, other_has_one: bool
) -> None:
    """Previously, the certificate seen was lost with the place that the page said to remove."""
    person = people.person("Wanda Walker")
    booked, linked = courses.attendee(run, person), add_by_name(run, person)
    courses.mark_attendance(booked, trainer)
    client = sign_in(accounts.coordinator())
    record_certificate_seen(client, linked, YOUTH, FIRST - timedelta(days=100))
    if other_has_one:
        record_certificate_seen(client, booked, ADULT)
    expected = certificate_seen_for(session, booked if other_has_one else linked)
    assert "keep that one. If that does not apply, keep the one for which" in page_about(
        client, linked
    )
    remove_attendee(client, linked)
    session.refresh(linked)
    assert linked.cancelled_at is not None
    assert certificate_seen_for(session, booked) == expected
    post(client, run, "complete")
    assert valid_certificates(session) == [(ADULT if other_has_one else YOUTH, person.id)]


def test_another_typed_place_gets_neither_the_certificate_seen_nor_the_attendance(
    session: Session, sign_in: SignIn, run: CourseRun, trainer: User
) -> None:
    """If its link is undone, somebody untrained would get a certificate."""
    person = people.person("Wanda Walker")
    first, second = add_by_name(run, person), add_by_name(run, person)
    courses.mark_attendance(first, trainer)
    client = sign_in(accounts.coordinator())
    record_certificate_seen(client, first, YOUTH)
    remove_attendee(client, first)
    assert certificate_seen_for(session, second) == NONE_SEEN
    assert marks(session, second) == []


def test_removing_a_place_does_not_reveal_who_a_name_belongs_to(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """The reader is the trainer too, and may not see the person."""
    both = accounts.user(Role.TRAINER, Role.COORDINATOR)
    run = courses.run(FIRST, REFRESHER, trainer_user=both)
    hidden = people.person("Hilda Hidden", networks=[organisations.network(sensitive=True)])
    booked, linked = courses.attendee(run, hidden), add_by_name(run, hidden)
    courses.mark_attendance(linked, trainer)
    record_certificate_seen(sign_in(accounts.coordinator()), linked, YOUTH)
    client = sign_in(both)
    remove_attendee(client, linked)
    session.refresh(linked)
    assert linked.cancelled_at is not None
    assert certificate_seen_for(session, booked) == NONE_SEEN
    assert marks(session, booked) == []


def test_other_people_keep_what_was_seen_for_them(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    one, another = (courses.attendee(run, people.person(name)) for name in ("Ann", "Bea"))
    client = sign_in(accounts.coordinator())
    record_certificate_seen(client, one, YOUTH)
    remove_attendee(client, one)
    assert certificate_seen_for(session, another) == NONE_SEEN
