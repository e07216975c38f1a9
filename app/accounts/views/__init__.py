"""Pages of the accounts room: signing in, users, the audit log."""

from __future__ import annotations

from app.accounts.views import audit_log, offers, own, requests, signing_in, trying, users
from app.accounts.views.blueprint import blueprint

__all__ = ["audit_log", "blueprint", "offers", "own", "requests", "signing_in", "trying", "users"]
