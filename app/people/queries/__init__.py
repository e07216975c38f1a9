"""Queries for people. Everything that lists, counts or finds people goes through `visible_to`."""

from __future__ import annotations

from app.people.queries.details import homes
from app.people.queries.states import (
    active_months,
    active_on,
    is_in_states,
    is_not_confirmed_on,
    is_paused_on,
    must_confirm_email,
    state_on,
    suspension,
)
from app.people.queries.visibility import (
    belongs_to,
    get_visible,
    is_affiliation_known_to,
    is_claim_known_to,
    is_general_on,
    is_place_known_to,
    is_protection_known_to,
    network_names,
    visible_ids,
    visible_names,
    visible_network_ids,
    visible_to,
)

__all__ = [
    "active_months",
    "active_on",
    "is_affiliation_known_to",
    "belongs_to",
    "is_claim_known_to",
    "is_general_on",
    "get_visible",
    "homes",
    "is_in_states",
    "must_confirm_email",
    "network_names",
    "is_not_confirmed_on",
    "is_paused_on",
    "is_place_known_to",
    "is_protection_known_to",
    "state_on",
    "suspension",
    "visible_ids",
    "visible_names",
    "visible_network_ids",
    "visible_to",
]
