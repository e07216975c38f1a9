"""What the messages room hangs into lower rooms."""

from __future__ import annotations


def install() -> None:
    """Register with app.core.registry."""
