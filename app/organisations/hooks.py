"""Functions that the organisations room registers for lower rooms to call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, ToDo
from app.organisations import agreements, directory, queries, service
from app.organisations.queries import secrecy


def _navigation() -> Sequence[NavigationItem]:
    return [
        NavigationItem(
            _l("Organisations"),
            "organisations.organisations",
            "organisations:read",
            70,
            more=True,
        )
    ]


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    count, first = (
        directory.pending_confirmations(actor) if actor.may("organisations:change") else (0, 0)
    )
    if not count:
        return []
    text = ngettext(
        "Confirm or refuse %(num)d data-sharing agreement",
        "Confirm or refuse %(num)d data-sharing agreements",
        count,
    )
    page = url_for("organisations.organisation", organisation_id=first)
    return [ToDo(text, count, page, order=16, urgent=True)]


def install() -> None:
    """Register this room's hooks with app.core.registry."""
    agreements.register_letters()
    registry.todos.register(_todos)
    registry.actor_facts.register(queries.partner_access)
    registry.navigation.register(_navigation)
    registry.guessable_words.register(queries.all_names)
    registry.on_offer_accepted.register(service.add_accepted_coordinator)
    registry.ward_confirmations.register(service.confirm_site_wards)
    registry.hidden_actors.register(secrecy.has_acted_for_hidden_organisation)
