"""A fresh proof: password and second factor, given within the last ten minutes.

Asked before somebody changes how they sign in, and before names leave the service in bulk: being
signed in shows only that somebody proved it this morning, on a device that may lie open.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import redirect, request, session, url_for

from app.core import clock

View = TypeVar("View", bound=Callable[..., Any])
PROVED_AT = "proved_at"  # in the session
FRESH = timedelta(minutes=10)


def note() -> None:
    """The user has just given password and second factor in this session."""
    session[PROVED_AT] = clock.now().isoformat()


def is_fresh() -> bool:
    """Whether they did within the last ten minutes."""
    at = session.get(PROVED_AT)
    return at is not None and datetime.fromisoformat(at) + FRESH > clock.now()


def asked_for(view: View) -> View:
    """The view needs a fresh proof, and leads to the page that takes it; stands below `@requires`.

    From there it goes back to the page that was asked for; a form is shown empty again.
    """

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        if is_fresh():
            return view(**values)
        can_be_opened = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
        back = request.full_path.removesuffix("?") if can_be_opened else None
        return redirect(url_for("accounts.prove", next=back))

    return cast(View, wrapped)
