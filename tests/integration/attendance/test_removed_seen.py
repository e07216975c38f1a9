"""One of a person's two places is removed, and a certificate was seen for that one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.permissions import Role
from app.courses.models import Attendee, CourseRun
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, organisations, people
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linked_refreshers import of_course
from tests.integration.attendance.test_linking import REFRESHER
from tests.integration.attendance.test_seen_kind import ADULT, YOUTH, about, post, see

pytestmark = pytest.mark.usefixtures("evening_after")
NOTHING = (None, None, None, None)
SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    return courses.run(FIRST, REFRESHER, of=trainer)


def typed(run: CourseRun, person: Person) -> Attendee:
    who = courses.attendee(run, name="Wanda Wolker", email="friend@typed.example")
    courses.link(who, person)
    return who


def seen(session: Session, who: Attendee) -> tuple[object, ...]:
    session.refresh(who)
    by = who.earlier_seen_by_user_id
    return who.earlier_seen_at, by, who.earlier_kind_id, who.earlier_awarded_on


def remove(client: FlaskClient, who: Attendee) -> None:
    reply = client.post(at(f"/training/{who.run_id}/people/{who.id}/remove"))
    assert reply.status_code in (302, 303)


@pytest.mark.parametrize("other_has_one", [False, True])
def test_the_booked_place_keeps_the_certificate_seen(
    session: Session, sign_in: SignIn, run: CourseRun, trainer: User, other_has_one: bool
) -> None:
    """The page said to remove one of the two places, and the certificate seen was lost with it."""
    person = people.person("Wanda Walker")
    booked, linked = courses.attendee(run, person), typed(run, person)
    courses.attended(booked, trainer)
    client = sign_in(accounts.coordinator())
    see(client, linked, YOUTH, FIRST - timedelta(days=100))
    if other_has_one:
        see(client, booked, ADULT)
    expected = seen(session, booked if other_has_one else linked)
    assert "keep that one. If that does not apply, keep the one for which" in about(client, linked)
    remove(client, linked)
    session.refresh(linked)
    assert linked.cancelled_at is not None
    assert seen(session, booked) == expected
    post(client, run, "complete")
    assert of_course(session) == [(ADULT if other_has_one else YOUTH, person.id)]


def test_another_typed_place_does_not_get_it(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    """If its link is undone, somebody untrained would get a certificate."""
    person = people.person("Wanda Walker")
    first, second = typed(run, person), typed(run, person)
    client = sign_in(accounts.coordinator())
    see(client, first, YOUTH)
    remove(client, first)
    assert seen(session, second) == NOTHING


def test_nobody_learns_from_it_who_a_name_is(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """The reader is the trainer too, and may not see the person."""
    both = accounts.user(Role.TRAINER, Role.COORDINATOR)
    run = courses.run(FIRST, REFRESHER, of=both)
    hidden = people.person("Hilda Hidden", networks=[organisations.network(sensitive=True)])
    booked, linked = courses.attendee(run, hidden), typed(run, hidden)
    see(sign_in(accounts.coordinator()), linked, YOUTH)
    client = sign_in(both)
    remove(client, linked)
    session.refresh(linked)
    assert linked.cancelled_at is not None
    assert seen(session, booked) == NOTHING


def test_other_people_keep_what_was_seen_for_them(
    session: Session, sign_in: SignIn, run: CourseRun
) -> None:
    one, another = (courses.attendee(run, people.person(name)) for name in ("Ann", "Bea"))
    client = sign_in(accounts.coordinator())
    see(client, one, YOUTH)
    remove(client, one)
    assert seen(session, another) == NOTHING
