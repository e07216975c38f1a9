"""Queries for people. Everything that lists, counts or finds people goes through `visible_to`."""

from __future__ import annotations

from app.people.queries.details import homes
from app.people.queries.states import (
    active_months,
    active_on,
    in_states,
    must_confirm_email,
    not_confirmed_on,
    paused_on,
    state_on,
    suspension,
)
from app.people.queries.visibility import (
    affiliation_known_to,
    belongs_to,
    claim_known_to,
    general_on,
    get_visible,
    network_names,
    place_known_to,
    protection_known_to,
    visible_ids,
    visible_names,
    visible_network_ids,
    visible_to,
)

__all__ = [
    "active_months",
    "active_on",
    "affiliation_known_to",
    "belongs_to",
    "claim_known_to",
    "general_on",
    "get_visible",
    "homes",
    "in_states",
    "must_confirm_email",
    "network_names",
    "not_confirmed_on",
    "paused_on",
    "place_known_to",
    "protection_known_to",
    "state_on",
    "suspension",
    "visible_ids",
    "visible_names",
    "visible_network_ids",
    "visible_to",
]
