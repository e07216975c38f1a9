"""Add tasks about assignments to the home page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import ngettext

from app.core import registry
from app.core.actor import Actor
from app.core.registry import ToDo
from app.standing import service


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return the task to decide about people who no longer meet the rules."""
    number = service.count_pending_decisions(actor, on) if actor.may("needs:change") else 0
    if not number:
        return []
    text = ngettext(
        "Decide what to do about %(num)s person who can no longer help",
        "Decide what to do about %(num)s people who can no longer help",
        number,
    )
    return [ToDo(text, number, url_for("standing.assignments"), order=39)]


def install() -> None:
    """Register this package's hooks with app.core.registry, and its letters with app.messages."""
    service.install()
    registry.todos.register(_todos)
    registry.nightly.register(service.review_assignments_and_requests)
