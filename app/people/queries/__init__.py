"""Reads of people. Whatever lists, counts or finds people goes through `visible_to`."""

from __future__ import annotations

from app.people.queries.homes import homes
from app.people.queries.states import active_months, active_on, in_states, needs_proof, state_on
from app.people.queries.visibility import (
    belongs_to,
    general_on,
    get_visible,
    network_names,
    visible_network_ids,
    visible_to,
)

__all__ = [
    "active_months",
    "active_on",
    "belongs_to",
    "general_on",
    "get_visible",
    "homes",
    "in_states",
    "needs_proof",
    "network_names",
    "state_on",
    "visible_network_ids",
    "visible_to",
]
