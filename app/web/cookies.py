"""Cookies that scripts cannot read and other sites cannot send."""

from __future__ import annotations

from typing import Any

from flask import current_app
from werkzeug.wrappers import Response


def set_private_cookie(
    response: Response, name: str, value: str, *, max_age: int | None = None
) -> None:
    """Set a cookie. It is deleted after `max_age` seconds, or when the browser is closed."""
    response.set_cookie(name, value, max_age=max_age, **_protection())


def delete_private_cookie(response: Response, name: str) -> None:
    """Delete a cookie that `set_private_cookie` has set."""
    response.delete_cookie(name, **_protection())


def _protection() -> dict[str, Any]:
    return {
        "httponly": True,
        "samesite": "Lax",
        "secure": current_app.config["SESSION_COOKIE_SECURE"],
    }
