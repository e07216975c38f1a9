"""Register the navigation and scheduled work of the coverage room."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from app.core import registry
from app.core.registry import NavigationItem
from app.coverage import service


def _navigation() -> list[NavigationItem]:
    return [
        NavigationItem(_l("Coverage"), "coverage.overview", "coverage:read", 50),
        NavigationItem(_l("Our targets"), "coverage.progress", "public", 40),
    ]


def _publish(today: date) -> str | None:
    """Publish the figures for each month that is due. Return a line for the log, or None."""
    frozen = service.freeze_if_due(today)
    return f"published {', '.join(f'{month:%Y-%m}' for month in frozen)}" if frozen else None


def install() -> None:
    """Register this room's hooks with app.core.registry."""
    registry.navigation.register(_navigation)
    registry.gaps.register(service.gaps)
    registry.nightly.register(_publish)
