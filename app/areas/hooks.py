"""The areas room's entries in the registry that lower rooms read."""

from __future__ import annotations

from app.areas import queries
from app.core import registry


def install() -> None:
    """Register this room's hooks with app.core.registry."""
    registry.guessable_words.register(queries.guessable_names)
