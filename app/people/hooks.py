"""What the people room hangs into lower rooms."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.core import registry
from app.people.queries import own


def _actor_facts(user_id: int, on: date) -> dict[str, Any]:
    return {"person_id": own.person_of_user(user_id)}


def install() -> None:
    """Register with app.core.registry."""
    registry.actor_facts.register(_actor_facts)
