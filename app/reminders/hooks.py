"""What the reminders room hangs into lower rooms."""

from __future__ import annotations

from app.core import registry
from app.reminders import letters, service


def install() -> None:
    """Register with app.core.registry."""
    letters.register_letters(service.last_minute_objection)
    registry.on_left.register(service.person_left)
