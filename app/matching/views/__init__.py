"""Pages of the matching room: needs, runs and asking, requests as champions see them."""

from __future__ import annotations

from app.matching.views import asking, needs, requests
from app.matching.views.blueprint import blueprint

__all__ = ["asking", "blueprint", "needs", "requests"]
