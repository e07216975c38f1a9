"""What the changes room registers with lower rooms."""

from __future__ import annotations

from app.changes import letters, noticing, queries
from app.core import registry


def install() -> None:
    """Register with app.core.registry."""
    letters.install()
    registry.on_sign_in_changed.register(noticing.sign_in_changed)
    registry.hidden_messages.register(queries.unseen_message)
