"""Reauthentication: the user has given their password and second factor in the last ten minutes.

It is required before users change how they sign in, and before they export names. A session alone
is not enough, because the user may have left the device unattended.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import redirect, request, session, url_for

from app.core import clock

View = TypeVar("View", bound=Callable[..., Any])
REAUTHENTICATED_AT = "proved_at"  # session key
RECENT = timedelta(minutes=10)


def record_reauthentication() -> None:
    """Record that the user has just given their password and second factor."""
    session[REAUTHENTICATED_AT] = clock.now().isoformat()


def is_reauthentication_recent() -> bool:
    """Return whether the user has reauthenticated in the last ten minutes."""
    at = session.get(REAUTHENTICATED_AT)
    return at is not None and datetime.fromisoformat(at) + RECENT > clock.now()


def require(view: View) -> View:
    """Decorate a view that requires recent reauthentication. Place this below `@requires`.

    Users who have not reauthenticated recently are redirected to do so, and then back to the page.
    Submitted values are lost.
    """

    @wraps(view)
    def wrapper(**kwargs: Any) -> Any:
        if is_reauthentication_recent():
            return view(**kwargs)
        can_be_opened = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
        back = request.full_path.removesuffix("?") if can_be_opened else None
        return redirect(url_for("accounts.reauthenticate", next=back))

    return cast(View, wrapper)
