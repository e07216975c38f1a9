"""Functions that the signin room registers for lower rooms to call."""

from __future__ import annotations

from app.core import registry
from app.signin import retry_links, sessions, sign_in_links


def install() -> None:
    """Register this package's letters, and its functions with app.core.registry."""
    sign_in_links.register_letters()
    retry_links.register_letter()
    registry.on_exit.register(sessions.sign_out_and_delete_cookie)
    registry.on_exit_offline.register(sessions.delete_cookie_offline)
