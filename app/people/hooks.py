"""What the people room hangs into lower rooms."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.core import clock, registry
from app.people import confirming, draft, letters, saved
from app.people.queries import own


def _actor_facts(user_id: int, on: date) -> dict[str, Any]:
    return {"person_id": own.person_of_user(user_id)}


def _clean_up(on: date) -> int:
    """Remove what nobody came back to: saved drafts, registrations that were never confirmed."""
    saved.forget_old(clock.start_of(on))
    return confirming.forget_unconfirmed(clock.start_of(on))


def install() -> None:
    """Register with app.core.registry."""
    letters.install()
    registry.actor_facts.register(_actor_facts)
    registry.on_exit.register(draft.clear)
    registry.nightly.register(_clean_up)
