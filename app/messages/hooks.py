"""Functions that the messages room registers for lower rooms to call."""

from __future__ import annotations

from datetime import date

from app.core import registry
from app.messages import restoring, sent, writing


def _clean_up(_on: date) -> int:
    """Delete the attempts to send messages that are no longer waiting. Return their number."""
    return writing.delete_finished_attempts()


def install() -> None:
    """Register this room's hooks with app.core.registry."""
    registry.nightly.register(_clean_up)
    registry.readiness.register(restoring.check)
    registry.timeline.register(sent.timeline)
