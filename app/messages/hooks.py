"""Functions that the messages room registers with lower rooms."""

from __future__ import annotations

from app.core import registry
from app.messages import sent


def install() -> None:
    """Register this room's hooks with app.core.registry."""
    registry.timeline.register(sent.timeline)
