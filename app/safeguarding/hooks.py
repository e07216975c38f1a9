"""Functions that the safeguarding room registers for lower rooms to call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, Panel, ToDo
from app.safeguarding import escalation, queries, service


def _navigation() -> Sequence[NavigationItem]:
    return [NavigationItem(_l("Safeguarding"), "safeguarding.queue", service.PERMISSION, 15)]


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    waiting = service.count_unopened(actor)
    if not waiting:
        return []
    text = ngettext(
        "Open %(num)s message in the safeguarding queue",
        "Open %(num)s messages in the safeguarding queue",
        waiting,
    )
    return [ToDo(text, waiting, url_for("safeguarding.queue"), order=1, urgent=True)]


def _person_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Return a panel with a link to suspend the person, for leads."""
    if not actor.may(service.PERMISSION):
        return []
    return [
        Panel(
            "safeguarding/_person.html",
            {
                "url": url_for("safeguarding.person", person_id=person_id),
                "text": _("Pause or resume"),
            },
            order=5,
        )
    ]


def _on_merge(actor: Actor, from_id: int, to_id: int) -> None:
    """Move decisions about a person to the remaining record after a merge."""
    queries.move_decisions(from_id, to_id)


def install() -> None:
    """Register this room's hooks with app.core.registry."""
    escalation.register_letter()
    registry.navigation.register(_navigation)
    registry.todos.register(_todos)
    registry.person_panels.register(_person_panels)
    registry.on_merged.register(_on_merge)
