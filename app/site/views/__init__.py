"""The home page, the pages linked in the footer, background jobs and health checks."""

from __future__ import annotations

from app.site.views import health, home, jobs, pages
from app.site.views.blueprint import blueprint
from app.site.views.pages import exit_offline

__all__ = ["blueprint", "exit_offline", "health", "home", "jobs", "pages"]
