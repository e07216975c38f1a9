"""The pages for users, roles and the audit log."""

from __future__ import annotations

from app.accounts.views import audit_log, role_requests, users
from app.accounts.views.blueprint import blueprint

__all__ = ["audit_log", "blueprint", "role_requests", "users"]
