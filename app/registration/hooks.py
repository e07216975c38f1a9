"""What the registration room registers with lower rooms."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from app.core import clock, registry
from app.messages.letters import register
from app.messages.types import Letter
from app.registration import confirming, draft, saved


def _clean_up(on: date) -> int:
    """Remove what nobody came back to: saved drafts, registrations that were never confirmed."""
    saved.forget_old(clock.start_of(on))
    return confirming.forget_unconfirmed(clock.start_of(on))


def install() -> None:
    """Register with app.core.registry, and this room's letter."""
    register(Letter(saved.LETTER, _l("Continue their registration"), even_if_silent=True))
    registry.on_exit.register(draft.clear)
    registry.on_exit_offline.register(draft.clear)
    registry.nightly.register(_clean_up)
