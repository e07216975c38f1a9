"""Register hooks and letters of the registration package."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from app.core import clock, registry
from app.messages.letters import add_letter
from app.messages.types import Letter
from app.registration import confirming, draft, saved


def _clean_up(on: date) -> int:
    """Delete expired drafts and unconfirmed registrations. Return the number of registrations."""
    saved.delete_expired(clock.start_of_day(on))
    return confirming.delete_unconfirmed_registrations(clock.start_of_day(on))


def install() -> None:
    """Register the hooks with app.core.registry, and register the letters."""
    add_letter(Letter(saved.LETTER, _l("Continue their registration"), even_if_silent=True))
    add_letter(
        Letter(saved.NOTHING_SAVED_LETTER, _l("No registration is saved"), even_if_silent=True)
    )
    registry.on_exit.register(draft.clear_cookie)
    registry.on_exit_offline.register(draft.clear_cookie)
    registry.nightly.register(_clean_up)
