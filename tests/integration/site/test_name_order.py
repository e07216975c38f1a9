"""Lists of people, users and organisations sort names as people do: Åsa under A, Łukasz under L."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.db import db
from app.core.permissions import Role
from tests.addresses import at
from tests.factories import accounts, courses, organisations, people

IN_ORDER = ["Åsa Berg", "bob able", "Łukasz Kowal", "mary Major", "Ólafur Ek", "Zoë Young"]
MIXED = IN_ORDER[::-2] + IN_ORDER[::2][::-1]
Open = Callable[[Any], FlaskClient]


def users(open_as: Open) -> str:
    for name in MIXED:
        accounts.user(Role.TRAINER, name=name)
    return open_as(accounts.user(Role.ADMIN, name="Adam Admin")).get("/users").text


def trainers(open_as: Open) -> str:
    for name in MIXED:
        accounts.user(Role.TRAINER, name=name)
    run = courses.run(clock.today() + timedelta(days=20))
    return open_as(accounts.coordinator()).get(at(f"/training/{run.id}/change")).text


def records(open_as: Open) -> str:
    for name in MIXED:
        people.person(name)
    return open_as(accounts.coordinator()).get("/people").text


def members(open_as: Open) -> str:
    network = organisations.network()
    for name in MIXED:
        people.person(name, networks=[network])
    return open_as(accounts.coordinator()).get(f"/people?network={network.slug}").text


def class_roll(open_as: Open) -> str:
    """The run has people with a record and people who are only named."""
    run = courses.run(clock.today() + timedelta(days=20))
    for number, name in enumerate(MIXED):
        known = people.person(name) if number % 2 else None
        courses.attendee(run, known, name=None if known else name)
    return open_as(accounts.coordinator()).get(at(f"/training/{run.id}")).text


def attendance(open_as: Open) -> str:
    today = clock.today()
    begun = courses.session_times(today, time(0, 0), time(0, 1))
    run = courses.run(today, sessions=[begun])
    for number, name in enumerate(MIXED):
        known = people.person(name) if number % 2 else None
        courses.attendee(run, known, name=None if known else name)
    path = f"/training/{run.id}/attendance"
    return open_as(accounts.coordinator()).get(at(path)).text


def organisation_list(open_as: Open) -> str:
    for name in MIXED:
        organisations.organisation(name)
    return open_as(accounts.coordinator()).get("/organisations").text


def partners(open_as: Open) -> str:
    charity = organisations.organisation()
    for name in MIXED:
        organisations.partner(charity, name=name)
    return (
        open_as(accounts.user(Role.ADMIN, Role.COORDINATOR))
        .get(at(f"/organisations/{charity.id}"))
        .text
    )


def blocked(open_as: Open) -> str:
    ann = people.champion("Nora Neutral")
    for name in MIXED:
        people.block(ann, organisation=organisations.organisation(name))
    return (
        open_as(db.session.get_one(User, ann.user_id)).get("/me").text.split("Nora Neutral", 1)[1]
    )


LISTS = (
    users,
    trainers,
    records,
    members,
    class_roll,
    attendance,
    organisation_list,
    partners,
    blocked,
)


@pytest.mark.parametrize("listed", LISTS, ids=lambda each: each.__name__)
def test_a_list_sorts_names_as_people_do(
    session: Session, sign_in: Any, listed: Callable[[Open], str]
) -> None:
    page = listed(sign_in)
    places = [page.index(name) for name in IN_ORDER]
    assert places == sorted(places)
