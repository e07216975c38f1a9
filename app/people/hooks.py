"""What the people room hangs into lower rooms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.core import clock, registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, ToDo
from app.core.words import counted
from app.people import (
    applications,
    confirming,
    draft,
    letters,
    notices,
    noticing,
    own,
    saved,
    settling,
    signing_in,
    timeline,
)
from app.people.queries.own import is_protected_user, person_of_user
from app.people.queries.trail import unseen_entries
from app.people.safety import loosening, reach


def _actor_facts(user_id: int, on: date) -> dict[str, Any]:
    found = person_of_user(user_id)
    return {"person_id": found.id, "waiting": not found.approved} if found else {}


def _navigation() -> Sequence[NavigationItem]:
    return [
        NavigationItem(_l("My page"), "people.me", "own:read", 10),
        NavigationItem(_l("Applications"), "people.applications", "applications:read", 20),
        NavigationItem(_l("People"), "people.people", "people:read", 25),
    ]


def _places_to_settle(actor: Actor, on: date) -> Sequence[ToDo]:
    if not actor.may("people:change"):
        return []
    found, url = settling.count(actor), url_for("people.settling_page")
    todos = []
    if found.people:
        text = f"Settle the places of {counted(found.people, 'person', 'people')}"
        todos.append(ToDo(text, found.people, url, order=60))
    if found.elsewhere:
        text = f"{counted(found.elsewhere, 'place')} in another ward, by the postcode directory"
        todos.append(ToDo(text, found.elsewhere, url, order=61))
    return todos


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    if not actor.may("applications:decide"):
        return []
    waiting = applications.to_decide(actor, on)
    if not waiting:
        return []
    text = f"{counted(waiting, 'person waits', 'people wait')} for your decision"
    return [ToDo(text, waiting, url_for("people.applications"), order=10)]


def _clean_up(on: date) -> int:
    """Remove what nobody came back to: saved drafts, registrations that were never confirmed."""
    saved.forget_old(clock.start_of(on))
    return confirming.forget_unconfirmed(clock.start_of(on))


def install() -> None:
    """Register with app.core.registry."""
    letters.install()
    registry.actor_facts.register(_actor_facts)
    registry.standing.register(signing_in.standing)
    registry.let_in.register(signing_in.let_in)
    registry.on_sign_in_changed.register(noticing.sign_in_changed)
    registry.navigation.register(_navigation)
    registry.todos.register(_todos)
    registry.todos.register(_places_to_settle)
    registry.unsettled.register(settling.unsettled)
    registry.own_steps.register(own.steps)
    registry.timeline.register(timeline.entries)
    registry.unseen_entries.register(unseen_entries)
    registry.unseen_messages.register(loosening.unseen_message)
    registry.on_exit.register(draft.clear)
    registry.on_exit_offline.register(draft.clear)
    registry.short_sessions.register(is_protected_user)
    registry.on_done_by_hand.register(notices.done_by_hand)
    registry.addressing.register(reach.rulings)
    registry.nightly.register(_clean_up)
