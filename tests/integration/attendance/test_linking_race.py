"""Linking attendees and adding names at the same time, with real threads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.applications import merging
from app.attendance import earlier, linking
from app.attendance.types import EarlierCertificate
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, transaction
from app.core.errors import Conflict, NotFound
from app.core.permissions import Role
from app.courses import booking
from app.courses.models import Attendee, AttendeeLink
from app.courses.types import NewAttendee
from app.people.models import Person
from tests.factories import accounts, courses, people
from tests.integration.courses.test_race import at_once


def test_an_attendee_is_linked_once(site: Flask) -> None:
    with site.app_context(), transaction():
        person_id = people.person("Ann Field", email="ann@field.example").id
        run = courses.run(clock.today() - timedelta(days=9))
        attendee = courses.attendee(run, name="Ann Field", email="ann@field.example")
        run_id, attendee_id = run.id, attendee.id
        staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR, Role.SENSITIVE)
    outcomes = at_once(
        site,
        [
            *[linking.link_certain_matches] * 3,
            *[lambda: linking.link_attendee(staff, run_id, attendee_id, person_id)] * 3,
        ],
    )
    assert outcomes == {"done": 6}
    with site.app_context():
        assert db.session.query(AttendeeLink).filter_by(attendee_id=attendee_id).count() == 1


class Meanwhile:
    """Something that another user does before a function gets its locks, in a transaction."""

    def __init__(self, site: Flask, act: Callable[[], object]) -> None:
        self.site, self.act = site, act

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that acts in another thread and then calls `function`."""

        def call(*args: Any, **more: Any) -> Any:
            act, self.act = self.act, lambda: None
            assert at_once(self.site, [act]) == {"done": 1}
            return function(*args, **more)

        return call


@pytest.fixture
def place(site: Flask) -> tuple[Actor, int, int, int]:
    """Create a person, a place for the same name on a refresher, and a coordinator."""
    with site.app_context(), transaction():
        person_id = people.person("Ann Field", email="ann@field.example").id
        run = courses.run(clock.today() - timedelta(days=9), "mhfa-refresher")
        attendee = courses.attendee(run, name="Ann Field", email="ann@field.example")
        staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR, Role.SENSITIVE)
        return staff, run.id, attendee.id, person_id


def merge_into_another(staff: Actor, person_id: int) -> None:
    kept = people.person("Ann Fields", registered_at=clock.now() - timedelta(days=400))
    assert merging.merge_records(staff, kept.id, person_id) == kept.id


def leave(person_id: int) -> None:
    db.session.get_one(Person, person_id).left_on = clock.today()


@pytest.mark.parametrize("change", ["merged", "left"])
@pytest.mark.parametrize("by_worker", [False, True])
def test_nobody_is_linked_who_is_no_longer_in_the_network(
    site: Flask,
    place: tuple[Actor, int, int, int],
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    by_worker: bool,
) -> None:
    """A merge deletes one of the two records."""
    staff, run_id, attendee_id, person_id = place
    meanwhile = Meanwhile(
        site,
        (lambda: merge_into_another(staff, person_id))
        if change == "merged"
        else (lambda: leave(person_id)),
    )
    monkeypatch.setattr(
        linking.locking, "lock_people", meanwhile.before(linking.locking.lock_people)
    )
    with site.app_context(), transaction():
        if by_worker:
            assert linking.link_certain_matches() == 0
        else:
            with pytest.raises(NotFound if change == "merged" else Conflict):
                linking.link_attendee(staff, run_id, attendee_id, person_id)
        assert db.session.query(AttendeeLink).count() == 0


def test_no_certificate_is_recorded_as_seen_for_a_place_that_was_freed(
    site: Flask, place: tuple[Actor, int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    staff, run_id, attendee_id, _person_id = place
    meanwhile = Meanwhile(site, lambda: booking.remove_attendee(staff, run_id, attendee_id))
    monkeypatch.setattr(
        earlier.locking,
        "lock_run_and_people",
        meanwhile.before(earlier.locking.lock_run_and_people),
    )
    seen = EarlierCertificate("mhfa-adult", None, "On paper")
    with site.app_context(), transaction():
        with pytest.raises(Conflict):
            earlier.accept_earlier_certificate(staff, run_id, attendee_id, seen)
        assert db.session.get_one(Attendee, attendee_id).earlier_seen_at is None


def test_two_tabs_add_a_name_once(site: Flask) -> None:
    with site.app_context(), transaction():
        trainer = courses.trainer()
        run_id = courses.run(clock.today() + timedelta(days=30), trainer_user=trainer).id
        actor = courses.actor_of(trainer, Role.TRAINER)
    new = NewAttendee("Ann Field", email="ann@field.example")
    outcomes = at_once(site, [lambda: booking.add_named_attendee(actor, run_id, new)] * 4)
    assert outcomes == {"done": 1, "refused": 3}
