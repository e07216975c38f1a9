"""Register the letters, navigation entries and to-do items of this room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.applications import memberships, pages, undoing
from app.applications.queries import obsolete_messages
from app.core import registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, Panel, ToDo
from app.messages.letters import add_letter
from app.messages.types import Letter


def _navigation() -> Sequence[NavigationItem]:
    endpoint = "applications.applications"
    return [NavigationItem(_l("Applications"), endpoint, "applications:read", 60, more=True)]


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    if not actor.may("applications:decide"):
        return []
    return [*_registration_todos(actor, on), *_membership_todos(actor, on)]


def _membership_todos(actor: Actor, on: date) -> Sequence[ToDo]:
    waiting = memberships.count_awaiting_decision(actor, on)
    if not waiting:
        return []
    text = ngettext(
        "%(num)s person has asked to join a network",
        "%(num)s people have asked to join a network",
        waiting,
    )
    return [ToDo(text, waiting, url_for("applications.memberships"), order=11, first=True)]


def _registration_todos(actor: Actor, on: date) -> Sequence[ToDo]:
    waiting = pages.count_awaiting_decision(actor, on)
    if not waiting:
        return []
    text = ngettext(
        "%(num)s person is waiting for your decision",
        "%(num)s people are waiting for your decision",
        waiting,
    )
    return [ToDo(text, waiting, url_for("applications.applications"), order=10, first=True)]


def _person_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    merges = undoing.undoable_merges(actor, person_id)
    if not merges:
        return []
    return [
        Panel("applications/_merges.html", {"merges": merges, "person_id": person_id}, order=90)
    ]


def install() -> None:
    """Register this room's hooks with app.core.registry, and its letters."""
    welcome = _l("Tell them that they have been approved")
    add_letter(Letter(obsolete_messages.APPROVED, welcome, repeatable=True))
    add_letter(Letter(obsolete_messages.DECLINED, _l("Reply to their registration")))
    joined = _l("Tell them that they have joined a network")
    not_joined = _l("Reply to their application to join a network")
    add_letter(Letter(obsolete_messages.NETWORK_ACCEPTED, joined))
    add_letter(Letter(obsolete_messages.NETWORK_DECLINED, not_joined))
    registry.obsolete_messages.register(obsolete_messages.is_obsolete_message)
    registry.navigation.register(_navigation)
    registry.todos.register(_todos)
    registry.person_panels.register(_person_panels)
    registry.nightly.register(undoing.delete_old_undo_data)
