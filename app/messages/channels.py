"""Whether this installation can send text messages."""

from __future__ import annotations

from flask import current_app

from app.core import programme


def can_send_texts() -> bool:
    """Return whether this installation can send text messages."""
    settings = current_app.config["SETTINGS"]
    if not settings.is_production:
        return True
    templates = programme.setting("notify", {}) or {}
    return bool(settings.notify_api_key and templates.get("sms"))
