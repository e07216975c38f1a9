"""Champions learn on the first page whether they can book a run, and what they can book instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.courses import queries
from app.people.models import Person
from tests.addresses import at, public_id
from tests.factories import accounts, certificates, courses, people

SignIn = Callable[[Any], FlaskClient]
TODAY = date(2027, 3, 1)
FIRST = date(2027, 3, 27)
NEEDED = "Mental Health First Aider (Adult, Youth, Armed Forces or Higher Education)"


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 1 March 2027."""
    with clock.frozen(TODAY) as at:
        yield at


def signed_in(session: Session, sign_in: SignIn, person: Person) -> FlaskClient:
    assert person.user_id is not None
    return sign_in(session.get_one(User, person.user_id))


def link_to(run_id: int) -> str:
    return f'href="{at(f"/courses/{run_id}")}"'


def test_a_missing_certificate_is_named_on_the_page_of_the_run(
    session: Session, sign_in: SignIn
) -> None:
    refresher = courses.run(FIRST, "mhfa-refresher")
    later_refresher = courses.run(FIRST + timedelta(days=30), "mhfa-refresher")
    full_course = courses.run(FIRST + timedelta(days=7))
    courses.run(FIRST + timedelta(days=9), "community-champion")
    client = signed_in(session, sign_in, people.champion())
    page = client.get(at(f"/courses/{refresher.id}")).text
    assert f"You need a certificate for {NEEDED} that is in date on 27 March 2027" in page
    assert "Book a place" not in page
    assert link_to(full_course.id) in page
    assert link_to(later_refresher.id) not in page
    assert page.count("app-card__link") == 1
    form = client.get(at(f"/courses/{refresher.id}/book"))
    assert form.location == at(f"/courses/{refresher.id}")


def test_courses_of_every_kind_that_the_refresher_renews_are_suggested(
    session: Session, sign_in: SignIn
) -> None:
    refresher = courses.run(FIRST, "mhfa-refresher")
    youth = courses.run(FIRST + timedelta(days=7), "mhfa-two-day-youth")
    page = signed_in(session, sign_in, people.champion()).get(at(f"/courses/{refresher.id}")).text
    assert link_to(youth.id) in page


@pytest.mark.parametrize(("last", "suitable"), [(FIRST, True), (FIRST - timedelta(days=1), False)])
def test_the_page_and_booking_apply_the_same_rule(
    session: Session, sign_in: SignIn, last: date, suitable: bool
) -> None:
    refresher = courses.run(FIRST, "mhfa-refresher")
    earlier = courses.run(FIRST - timedelta(days=10), "mhfa-refresher")
    person = people.champion()
    certificates.certificate(person, awarded_on=date(2024, 3, 1), expires_on=last)
    client = signed_in(session, sign_in, person)
    page = client.get(at(f"/courses/{refresher.id}")).text
    assert ("Book a place" in page) is suitable
    assert (link_to(earlier.id) in page) is not suitable
    client.post(at(f"/courses/{refresher.id}/book"), data={"trainer_reads": "name"})
    assert (queries.find_place(refresher.id, person.id) is not None) is suitable


def test_another_course_at_that_time_is_named_on_the_page_of_the_run(
    session: Session, sign_in: SignIn
) -> None:
    person = people.champion()
    courses.attendee(courses.run(FIRST), person)
    clashing = courses.run(
        FIRST, "community-champion", sessions=[courses.session_times(FIRST, time(16), time(18))]
    )
    other = courses.run(FIRST + timedelta(days=20), "community-champion")
    page = signed_in(session, sign_in, person).get(at(f"/courses/{clashing.id}")).text
    assert "You have a place on another course at that time." in page
    assert "Book a place" not in page
    assert link_to(other.id) in page


def test_a_blocked_trainer_is_named_on_the_page_and_not_suggested(
    session: Session, sign_in: SignIn
) -> None:
    blocked, person = courses.trainer(), people.champion()
    run = courses.run(FIRST, trainer_user=blocked)
    also_blocked = courses.run(FIRST + timedelta(days=14), trainer_user=blocked)
    other = courses.run(FIRST + timedelta(days=21))
    people.block(person, user=blocked)
    page = signed_in(session, sign_in, person).get(at(f"/courses/{run.id}")).text
    assert "You asked never to meet the trainer of this course" in page
    assert "Book a place" not in page
    assert link_to(other.id) in page
    assert link_to(also_blocked.id) not in page


def test_visitors_and_cards_name_the_prerequisite(session: Session, client: FlaskClient) -> None:
    refresher = courses.run(FIRST, "mhfa-refresher")
    catalogue = client.get("/courses?course=mhfa-refresher").text
    sentence = f"Only for people who have an in-date certificate for {NEEDED}"
    assert catalogue.count(sentence) == 2  # on the card, and in the list of courses
    page = client.get(at(f"/courses/{refresher.id}")).text
    assert f"A certificate for {NEEDED} that is in date on the first day" in page
    assert "Book a place" in page


def test_other_dates_of_a_full_run_are_dates_that_the_reader_can_book(
    session: Session, sign_in: SignIn
) -> None:
    full = courses.run(FIRST, "mhfa-refresher", capacity=4, minimum=4)
    for number in range(4):
        courses.attendee(full, name=f"Person {number}")
    person = people.champion()
    certificates.certificate(
        person, awarded_on=date(2024, 4, 1), expires_on=FIRST + timedelta(days=5)
    )
    in_time = courses.run(FIRST + timedelta(days=5), "mhfa-refresher")
    too_late = courses.run(FIRST + timedelta(days=6), "mhfa-refresher")
    page = signed_in(session, sign_in, person).get(at(f"/courses/{full.id}")).text
    assert link_to(in_time.id) in page
    assert link_to(too_late.id) not in page


def test_staff_see_which_courses_a_person_lacks_the_certificate_for(
    session: Session, sign_in: SignIn
) -> None:
    person = people.champion()
    refresher, plain = courses.run(FIRST, "mhfa-refresher"), courses.run(FIRST)
    client = sign_in(accounts.coordinator())
    page = client.get(at(f"/people/{person.id}/book")).text
    assert page.count("This person does not have the certificate that the course requires") == 1
    for run in (refresher, plain):
        assert public_id("course_runs", run.id) in page
