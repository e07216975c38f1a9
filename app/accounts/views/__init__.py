"""Pages of the accounts room: signing in, users, the trail."""

from __future__ import annotations

from app.accounts.views import offers, own, requests, signing_in, trail, trying, users
from app.accounts.views.blueprint import blueprint

__all__ = ["blueprint", "offers", "own", "requests", "signing_in", "trail", "trying", "users"]
