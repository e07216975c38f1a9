"""What the coverage room registers with lower rooms."""

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
    """The safe numbers of the month, once there is a first day of it to count."""
    frozen = service.freeze_if_due(today)
    return f"published {', '.join(f'{month:%Y-%m}' for month in frozen)}" if frozen else None


def install() -> None:
    """Register with app.core.registry."""
    registry.navigation.register(_navigation)
    registry.gaps.register(service.gaps)
    registry.nightly.register(_publish)
