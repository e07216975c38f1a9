"""What the accounts room hangs into lower rooms."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from app.accounts import offers, sessions, signin, telling, trying
from app.core import registry
from app.core.registry import NavigationItem


def _navigation() -> Sequence[NavigationItem]:
    return [
        NavigationItem(_l("Users"), "accounts.users", "users:read", 80),
        NavigationItem(_l("Audit"), "accounts.trail", "audit:read", 85),
    ]


def install() -> None:
    """Register this room's letters and entries."""
    signin.register_letters()
    trying.register_letters()
    offers.register_letter()
    telling.register_letter()
    registry.navigation.register(_navigation)
    registry.on_exit.register(sessions.leave)
