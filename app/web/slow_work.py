"""Limits slow requests in a web process, so that quick pages always have a thread.

A web process has four threads. At most three of them handle requests that can take longer than
about a second: exports of people, PDFs and current figures of coverage. Further slow requests are
rejected at once with status 503 and `Retry-After`. Exports need the most memory, so only one runs
at a time, and only one more waits.
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

MAX_SLOW_REQUESTS = 3  # in one process
MAX_EXPORTS = 2  # of these, exports: one that runs and one that waits
EXPORT_TIMEOUT = 20  # seconds that the second export waits
RETRY_AFTER = 10  # seconds, in the header of the same name
places = threading.BoundedSemaphore(MAX_SLOW_REQUESTS)
export_places = threading.BoundedSemaphore(MAX_EXPORTS)
_export_lock = threading.Lock()


def limit_slow_view(view: View) -> View:
    """Decorate a slow view or a slow part of it, so that some threads are free for other pages.

    Place this below `@requires`.
    """

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        with _take_place(places, _page_busy_error):
            return view(**values)

    return cast(View, wrapped)


def run_export(export: Callable[[], Result]) -> Result:
    """Call `export` when no other export is running in this process, and return its result.

    Raises Busy if too many other exports or slow requests are running or waiting.
    """
    with _take_place(export_places, _exports_busy_error), _take_place(places, _exports_busy_error):
        if not _export_lock.acquire(timeout=EXPORT_TIMEOUT):
            raise _exports_busy_error()
        try:
            return export()
        finally:
            _export_lock.release()


@contextmanager
def _take_place(
    limit: threading.BoundedSemaphore, make_error: Callable[[], Busy]
) -> Iterator[None]:
    """Acquire a semaphore during the block. Raises the error from `make_error` if it is full."""
    if not limit.acquire(blocking=False):
        raise make_error()
    try:
        yield
    finally:
        limit.release()


def _page_busy_error() -> Busy:
    after_this_request(_add_retry_after)
    return Busy(
        _("Too many people are using this page at the moment. Wait a few seconds and try again.")
    )


def _exports_busy_error() -> Busy:
    after_this_request(_add_retry_after)
    return Busy(_("We are preparing other lists at the moment. Wait a few seconds and try again."))


def _add_retry_after(response: Response) -> Response:
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response
