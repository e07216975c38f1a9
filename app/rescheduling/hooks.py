"""Add tasks about changed runs to the home page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import gettext as _

from app.core import registry, words
from app.core.actor import Actor
from app.core.registry import ToDo
from app.courses.types import RunFacts
from app.people.contact import find_people_wanting_no_contact
from app.rescheduling import service


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return the tasks about people who cannot come on the new days of their course."""
    if not actor.may("courses:manage"):
        return []
    people = service.people_no_longer_suitable(actor, on)
    silent = find_people_wanting_no_contact({person_id for _run, person_id in people}, on)
    return [
        ToDo(
            _describe_task(run, wants_no_contact=person_id in silent),
            1,
            url_for("records.person", person_id=person_id),
            order=31,
        )
        for run, person_id in people
    ]


def _describe_task(run: RunFacts, *, wants_no_contact: bool) -> str:
    course, day = run.type.name, words.long_date(run.first_day)
    if wants_no_contact:
        return _(
            "Decide what to do about somebody who has a place on %(course)s on %(day)s, because "
            "they have another course at that time or do not have the required certificate. Do not "
            "contact them, because they asked us not to",
            course=course,
            day=day,
        )
    return _(
        "Call somebody who has a place on %(course)s on %(day)s, because they have "
        "another course at that time or do not have the required certificate",
        course=course,
        day=day,
    )


def install() -> None:
    """Register this package's hooks with app.core.registry."""
    registry.todos.register(_todos)
