"""Add tasks about changed runs to the home page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import gettext as _

from app.core import registry, words
from app.core.actor import Actor
from app.core.registry import ToDo
from app.rescheduling import service


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return the tasks to call people who cannot come on the new days of their course."""
    if not actor.may("courses:manage"):
        return []
    return [
        ToDo(
            _(
                "Call somebody who has a place on %(course)s on %(day)s, because they have "
                "another course at that time or do not have the required certificate",
                course=run.type.name,
                day=words.long_date(run.first_day),
            ),
            1,
            url_for("records.person", person_id=person_id),
            order=31,
        )
        for run, person_id in service.people_no_longer_suitable(actor, on)
    ]


def install() -> None:
    """Register this package's hooks with app.core.registry."""
    registry.todos.register(_todos)
