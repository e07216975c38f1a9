"""What goes out by itself, and what somebody must do by hand."""

from __future__ import annotations

from flask import current_app

from app.core import programme


def texts() -> bool:
    """Whether a text message can be sent from here without somebody's hand."""
    settings = current_app.config["SETTINGS"]
    if not settings.is_production:
        return True
    templates = programme.setting("notify", {}) or {}
    return bool(settings.notify_api_key and templates.get("sms"))
