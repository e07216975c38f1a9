"""Register hooks of the profile package."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from app.core import registry
from app.core.registry import NavigationItem
from app.profile import pages


def _navigation() -> Sequence[NavigationItem]:
    return [NavigationItem(_l("My page"), "profile.me", "own:read", 10)]


def install() -> None:
    """Register the hooks with app.core.registry."""
    registry.navigation.register(_navigation)
    registry.progress_steps.register(pages.progress_steps)
