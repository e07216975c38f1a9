"""Register navigation, tasks and ward confirmation with app.core.registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, Panel, ToDo
from app.records import named_organisations, timeline, ward_confirmation


def _navigation() -> Sequence[NavigationItem]:
    return [NavigationItem(_l("People"), "records.people", "people:read", 25)]


def _ward_todos(actor: Actor, on: date) -> Sequence[ToDo]:
    if not actor.may("people:change"):
        return []
    found, url = ward_confirmation.count_confirmable(actor), url_for("records.wards_to_confirm")
    todos = []
    if found.people:
        text = ngettext(
            "Confirm the wards of %(num)s person",
            "Confirm the wards of %(num)s people",
            found.people,
        )
        todos.append(ToDo(text, found.people, url, order=60))
    if found.mismatch_count:
        text = ngettext(
            "The postcode directory lists %(num)s place in a different ward",
            "The postcode directory lists %(num)s places in a different ward",
            found.mismatch_count,
        )
        todos.append(ToDo(text, found.mismatch_count, url, order=61))
    return todos


def _name_todos(actor: Actor, on: date) -> Sequence[ToDo]:
    if not actor.may("organisations:change"):
        return []
    people, url = (
        named_organisations.count_people_to_link(actor, on),
        url_for("records.organisation_names"),
    )
    if not people:
        return []
    text = ngettext(
        "%(num)s person has entered an organisation that is not linked yet",
        "%(num)s people have entered an organisation that is not linked yet",
        people,
    )
    return [ToDo(text, people, url, order=62)]


def _unlinked_names_panel(actor: Actor, name: str, on: date) -> Sequence[Panel]:
    if not actor.may("organisations:change"):
        return []
    names = named_organisations.similar_organisations(actor, name, on)
    return [Panel("records/unlinked_names.html", {"names": names})] if names else []


def install() -> None:
    """Register this package's hooks."""
    registry.organisation_panels.register(_unlinked_names_panel)
    registry.todos.register(_name_todos)
    registry.navigation.register(_navigation)
    registry.timeline.register(timeline.timeline_entries)
    registry.todos.register(_ward_todos)
    registry.ward_confirmations.register(ward_confirmation.confirm_wards)
