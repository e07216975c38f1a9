"""Attendance opens when a session begins, and sign-off when the last one has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.attendance import queries
from app.attendance.forms import input_name
from app.core import clock
from app.courses import queries as runs
from app.courses.models import Attendee, CourseRun
from tests.addresses import at
from tests.factories import accounts, courses, people

SignIn = Callable[[Any], FlaskClient]
DAY = date(2027, 3, 27)
OPENS, ENDS = clock.london_instant(DAY, time(20)), clock.london_instant(DAY, time(23))
AFTERNOON = clock.london_instant(DAY, time(15))


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """Create a run on one evening."""
    with clock.frozen(DAY - timedelta(days=20)):
        return courses.run(
            DAY,
            "community-champion",
            trainer_user=trainer,
            sessions=[courses.session_times(DAY, time(20), time(23))],
        )


@pytest.fixture
def attendee(session: Session, run: CourseRun) -> Attendee:
    """Create an attendee of the run."""
    return courses.attendee(run, people.champion())


def mark(client: FlaskClient, run: CourseRun, attendee: Attendee, **more: str) -> Any:
    name = input_name(attendee.id, run.sessions[0].id)
    return client.post(at(f"/training/{run.id}/attendance"), data={name: "attended"} | more)


def test_an_evening_course_is_not_marked_or_signed_off_in_the_afternoon(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun, attendee: Attendee
) -> None:
    with clock.frozen(AFTERNOON):
        client = sign_in(trainer)
        page = client.get(at(f"/training/{run.id}/attendance")).text
        assert '<fieldset class="govuk-fieldset" disabled>' in page
        assert "from 8pm" in page
        assert "You can sign the course off from 27 March 2027 at 11pm" in page
        assert "Save and sign off" not in page
        refused = mark(client, run, attendee)
        assert refused.status_code == 422
        assert "from 27 March 2027 at 8pm, when the session begins" in refused.text
        assert mark(client, run, attendee, sign_off="yes").status_code == 422
        client.post(at(f"/training/{run.id}/complete"))
        assert run.completed_at is None


def test_marking_opens_at_the_start_and_sign_off_at_the_end(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun, attendee: Attendee
) -> None:
    with clock.frozen(OPENS):
        client = sign_in(trainer)
        assert "disabled" not in client.get(at(f"/training/{run.id}/attendance")).text
        assert mark(client, run, attendee).status_code == 302
        early = mark(client, run, attendee, sign_off="yes")
        assert "You can sign the course off from 27 March 2027 at 11pm" in early.text
    with clock.frozen(ENDS):
        client = sign_in(trainer)
        assert "Save and sign off" in client.get(at(f"/training/{run.id}/attendance")).text
        assert mark(client, run, attendee, sign_off="yes").status_code == 302
        assert run.completed_at is not None


@pytest.mark.parametrize(("now", "over"), [(ENDS - timedelta(minutes=1), False), (ENDS, True)])
def test_every_page_says_the_same_about_sign_off(
    session: Session, sign_in: SignIn, trainer: User, run: CourseRun, now: datetime, over: bool
) -> None:
    with clock.frozen(now):
        client = sign_in(trainer)
        assert ("Sign it off" in client.get("/training").text) is over
        home = client.get("/").text
        assert ("Sign off 1 course" in home) is over
        facts = runs.run_facts(run.id, clock.today())
        assert facts is not None
        assert facts.has_ended(now) is over
        waiting = [each.id for each in queries.runs_awaiting_sign_off(now, trainer.id)]
        assert (run.id in waiting) is over


def test_the_page_of_a_booked_place_is_linked_before_sign_off(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """Staff could not find the page on which they record an earlier certificate."""
    run = courses.run(clock.today() + timedelta(days=9), "mhfa-refresher", trainer_user=trainer)
    person = people.person("Ann Field")
    who = courses.attendee(run, person)
    address = at(f"/training/{run.id}")
    place = at(f"/training/{run.id}/people/{who.id}")
    client = sign_in(accounts.coordinator())
    page = client.get(address).text
    assert f'href="{place}"' in page
    assert f'href="{at(f"/people/{person.id}")}"' in page
    found = client.get(place)
    assert found.status_code == 200
    assert "Ann Field" in found.text
    assert f'href="{place}"' not in sign_in(trainer).get(address).text
