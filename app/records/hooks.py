"""This room's hooks in app.core.registry: navigation, tasks and ward confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, ToDo
from app.records import ward_confirmation


def _navigation() -> Sequence[NavigationItem]:
    return [NavigationItem(_l("People"), "records.people", "people:read", 25)]


def _wards_to_confirm(actor: Actor, on: date) -> Sequence[ToDo]:
    if not actor.may("people:change"):
        return []
    found, url = ward_confirmation.count(actor), url_for("records.wards_to_confirm")
    todos = []
    if found.people:
        text = ngettext(
            "Confirm %(num)s person’s wards",
            "Confirm %(num)s people’s wards",
            found.people,
        )
        todos.append(ToDo(text, found.people, url, order=60))
    if found.elsewhere:
        text = ngettext(
            "%(num)s place is in a different ward in the postcode directory",
            "%(num)s places are in a different ward in the postcode directory",
            found.elsewhere,
        )
        todos.append(ToDo(text, found.elsewhere, url, order=61))
    return todos


def install() -> None:
    """Register this room's hooks with app.core.registry."""
    registry.navigation.register(_navigation)
    registry.todos.register(_wards_to_confirm)
    registry.ward_confirmations.register(ward_confirmation.confirm_wards)
