"""Register the navigation items and to-do items of this room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import registry
from app.core.actor import Actor, Scope
from app.core.permissions import USE_ACCOUNT
from app.core.registry import NavigationItem, ToDo
from app.site import facts


def _navigation() -> Sequence[NavigationItem]:
    return [
        NavigationItem(_l("Home"), "site.home", USE_ACCOUNT, 5),
        NavigationItem(_l("Find help"), "site.help_now", "public", 45),
    ]


def _help_lines_to_check(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return a to-do item if help lines are due for their yearly check."""
    if not (actor.may("people:read") and Scope.for_actor(actor).everyone):
        return []
    due = facts.help_lines_to_check(on)
    if not due:
        return []
    text = ngettext(
        "Check %(num)s help line, last checked a year or more ago",
        "Check %(num)s help lines, last checked a year or more ago",
        len(due),
    )
    return [ToDo(text, len(due), url_for("site.help_now"), order=90)]


def install() -> None:
    """Register this package's hooks with app.core.registry."""
    registry.navigation.register(_navigation)
    registry.todos.register(_help_lines_to_check)
