"""Register hooks and letters of the changes package."""

from __future__ import annotations

from app.changes import change_notices, letters, queries
from app.core import registry


def install() -> None:
    """Register the hooks with app.core.registry, and register the letters."""
    letters.install()
    registry.on_sign_in_changed.register(change_notices.notify_sign_in_changed)
    registry.hidden_messages.register(queries.is_hidden_message)
    registry.obsolete_messages.register(queries.is_obsolete_message)
