"""Register the hooks of the areas room."""

from __future__ import annotations

from app.areas import queries
from app.core import registry


def install() -> None:
    """Register this package's hooks with app.core.registry."""
    registry.guessable_words.register(queries.area_names_for_passwords)
