"""Add certificates to renew to the home page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import gettext as _

from app.certificates.wording import last_day_in_words
from app.core import registry
from app.core.actor import Actor
from app.core.registry import ToDo
from app.courses import service as courses
from app.renewals import service
from app.renewals.types import Renewal


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return the tasks to renew the actor's certificates."""
    due = service.list_due_renewals(actor, on) if courses.can_book_courses(actor, on) else []
    return [_todo(each) for each in due]


def _todo(renewal: Renewal) -> ToDo:
    day = last_day_in_words(renewal.last_day, renewal.known)
    text = (
        _("Renew your certificate for %(kind)s. It expired on %(day)s", kind=renewal.kind, day=day)
        if renewal.lapsed
        else _("Renew your certificate for %(kind)s by %(day)s", kind=renewal.kind, day=day)
    )
    url = url_for("courses.catalogue", course=renewal.course)
    return ToDo(text, 1, url, order=10, urgent=renewal.lapsed)


def install() -> None:
    """Register this package's hooks with app.core.registry."""
    registry.todos.register(_todos)
