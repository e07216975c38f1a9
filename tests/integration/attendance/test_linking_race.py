"""Linking attendees and adding names at the same time, with real threads."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app.attendance import linking
from app.core import clock
from app.core.db import db, transaction
from app.core.permissions import Role
from app.courses import booking
from app.courses.models import AttendeeLink
from app.courses.types import NewAttendee
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


def test_two_tabs_add_a_name_once(site: Flask) -> None:
    with site.app_context(), transaction():
        trainer = courses.trainer()
        run_id = courses.run(clock.today() + timedelta(days=30), trainer_user=trainer).id
        actor = courses.actor_of(trainer, Role.TRAINER)
    new = NewAttendee("Ann Field", email="ann@field.example")
    outcomes = at_once(site, [lambda: booking.add_named_attendee(actor, run_id, new)] * 4)
    assert outcomes == {"done": 1, "refused": 3}
