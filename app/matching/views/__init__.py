"""Pages about needs, runs, proposals and requests."""

from __future__ import annotations

from app.matching.views import needs, proposals, requests
from app.matching.views.blueprint import blueprint

__all__ = ["blueprint", "needs", "proposals", "requests"]
