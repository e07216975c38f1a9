"""What the organisations room hangs into lower rooms."""

from __future__ import annotations

from app.core import registry
from app.organisations import queries


def install() -> None:
    """Register with app.core.registry."""
    registry.actor_facts.register(queries.partner_facts)
