"""Pages of the site room: the home page by role, what the footer links to, jobs, health."""

from __future__ import annotations

from app.site.views import health, home, jobs, pages
from app.site.views.blueprint import blueprint
from app.site.views.pages import exit_offline

__all__ = ["blueprint", "exit_offline", "health", "home", "jobs", "pages"]
