"""Limits slow work in a web process, so that quick pages always have a thread.

A web process has four threads. At most three of them do work that may take longer than about a
second: exports of people, PDFs and the figures on coverage. Any further such request is refused at
once with 503 and `Retry-After`. Exports need the most memory, so they run one at a time, and one
more waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from flask import after_this_request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.errors import Busy

Result = TypeVar("Result")
View = TypeVar("View", bound=Callable[..., Any])

MOST = 3  # slow requests in a process
MOST_EXPORTS = 2  # of them exports: one that works and one that waits
PATIENCE = 20  # seconds that the second export waits
RETRY_AFTER = 10  # seconds, as we tell the browser
places = threading.BoundedSemaphore(MOST)
export_places = threading.BoundedSemaphore(MOST_EXPORTS)
_turn = threading.Lock()


def limited(view: View) -> View:
    """Decorate a slow page, so that such pages leave a thread for others.

    Place it below `@requires`.
    """

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        with _one_of(places, _busy_page):
            return view(**values)

    return cast(View, wrapped)


def run_alone(work: Callable[[], Result]) -> Result:
    """Run `work` when no other export runs in this process, and return its result.

    Raises Busy if too many other requests wait already.
    """
    with _one_of(export_places, _busy_exports), _one_of(places, _busy_exports):
        if not _turn.acquire(timeout=PATIENCE):
            raise _busy_exports()
        try:
            return work()
        finally:
            _turn.release()


@contextmanager
def _one_of(limit: threading.BoundedSemaphore, refusal: Callable[[], Busy]) -> Iterator[None]:
    """Count this request within a limit, or raise the refusal if the limit is reached."""
    if not limit.acquire(blocking=False):
        raise refusal()
    try:
        yield
    finally:
        limit.release()


def _busy_page() -> Busy:
    after_this_request(_say_when)
    return Busy(
        _("Too many people are using this page at the moment. Wait a few seconds and try again.")
    )


def _busy_exports() -> Busy:
    after_this_request(_say_when)
    return Busy(_("We are preparing other lists at the moment. Wait a few seconds and try again."))


def _say_when(response: Response) -> Response:
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response
