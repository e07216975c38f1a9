"""What the accounts room hangs into lower rooms."""

from __future__ import annotations

from app.accounts import signin


def install() -> None:
    """Register this room's letters."""
    signin.register_letters()
