"""A fresh proof: the password and second factor, given within the last ten minutes.

Pages ask for it before users change how they sign in, and before names leave the service in bulk.
A session alone only shows that the user signed in earlier, on a device that may be unattended.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import redirect, request, session, url_for

from app.core import clock

View = TypeVar("View", bound=Callable[..., Any])
PROVED_AT = "proved_at"  # session key
FRESH = timedelta(minutes=10)


def record() -> None:
    """Record that the user has just given their password and second factor in this session."""
    session[PROVED_AT] = clock.now().isoformat()


def is_fresh() -> bool:
    """Return whether the user has proved who they are within the last ten minutes."""
    at = session.get(PROVED_AT)
    return at is not None and datetime.fromisoformat(at) + FRESH > clock.now()


def required(view: View) -> View:
    """Decorate a view that needs a fresh proof. Put this below `@requires`.

    Without one, the user is redirected to the page that asks for it, and from there back to the
    page they wanted. A form that was already filled in is shown empty again.
    """

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        if is_fresh():
            return view(**values)
        can_be_opened = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
        back = request.full_path.removesuffix("?") if can_be_opened else None
        return redirect(url_for("accounts.prove", next=back))

    return cast(View, wrapped)
