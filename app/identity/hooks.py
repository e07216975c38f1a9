"""Functions that the identity room registers for lower rooms to call."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.core import registry
from app.identity import service
from app.identity.queries import find_person_status


def _actor_facts(user_id: int, on: date) -> dict[str, Any]:
    found = find_person_status(user_id)
    if found is None:
        return {}
    return {"person_id": found.id, "waiting": not found.approved, "protected": found.protected}


def install() -> None:
    """Register this package's functions with app.core.registry."""
    registry.actor_facts.register(_actor_facts)
    registry.sign_in_candidates.register(service.sign_in_candidates)
    registry.user_of_subject.register(service.find_or_create_user)
