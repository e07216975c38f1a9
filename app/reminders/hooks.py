"""Functions that the reminders room registers for lower rooms to call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, ToDo
from app.reminders import letters, overview, service, yearly
from app.reminders.queries import pages
from app.reminders.queries.obsolete_messages import is_obsolete_message


def install() -> None:
    """Register this room's hooks with app.core.registry, and its letters."""
    letters.register_letters(service.reason_not_to_send)
    yearly.register_letters()
    registry.on_left.register(service.void_person_reminders)
    registry.navigation.register(navigation)
    registry.hidden_entries.register(pages.is_hidden_call_entry)
    registry.obsolete_messages.register(is_obsolete_message)
    registry.todos.register(todos)


def navigation() -> Sequence[NavigationItem]:
    """Return the links to reminders in the service navigation."""
    return [NavigationItem(_l("Reminders"), "reminders.overview", "reminders:read", 65, more=True)]


def todos(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return a task to call or write to people, if there are any to contact."""
    if not actor.may("contacts:work"):
        return []
    count = overview.count_people_to_contact(actor, on)
    if not count:
        return []
    return [
        ToDo(
            _("Call or write to people"),
            count,
            url_for("reminders.overview" if actor.may("reminders:read") else "reminders.contacts"),
            order=20,
            first=True,
        )
    ]
