"""Queries for people. Use `visible_to` in every query that lists, counts or finds people."""

from __future__ import annotations

from app.people.queries.details import home_wards
from app.people.queries.states import (
    active_months,
    is_active_on,
    is_in_states,
    is_not_confirmed_on,
    is_paused_on,
    must_confirm_email,
    state_on,
    suspension,
)
from app.people.queries.visibility import (
    get_visible,
    is_affiliation_visible,
    is_claim_visible,
    is_general_champion_on,
    is_network_member,
    is_place_visible,
    is_protection_visible,
    network_names,
    visible_ids,
    visible_names,
    visible_network_ids,
    visible_to,
)

__all__ = [
    "active_months",
    "is_active_on",
    "is_affiliation_visible",
    "is_network_member",
    "is_claim_visible",
    "is_general_champion_on",
    "get_visible",
    "home_wards",
    "is_in_states",
    "must_confirm_email",
    "network_names",
    "is_not_confirmed_on",
    "is_paused_on",
    "is_place_visible",
    "is_protection_visible",
    "state_on",
    "suspension",
    "visible_ids",
    "visible_names",
    "visible_network_ids",
    "visible_to",
]
