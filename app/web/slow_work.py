"""Limits slow work in a web process, so that quick pages always have threads.

A web process has four threads. Work that takes longer than about a second, such as an export of all
people, runs one at a time in a process. A second request waits for it. Any other is refused at once
with 503 and `Retry-After`. So two threads of four stay free for other pages.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from flask import after_this_request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.errors import Busy

Result = TypeVar("Result")

MOST = 2  # requests in a process: one that works and one that waits
PATIENCE = 20  # seconds that the second request waits
RETRY_AFTER = 10  # seconds, as we tell the browser
places = threading.BoundedSemaphore(MOST)
_turn = threading.Lock()


def run_alone(work: Callable[[], Result]) -> Result:
    """Run `work` when no other slow work runs in this process, and return its result.

    Raises Busy if too many other requests wait already.
    """
    if not places.acquire(blocking=False):
        raise _busy()
    try:
        if not _turn.acquire(timeout=PATIENCE):
            raise _busy()
        try:
            return work()
        finally:
            _turn.release()
    finally:
        places.release()


def _busy() -> Busy:
    after_this_request(_say_when)
    return Busy(_("We are preparing other lists at the moment. Wait a few seconds and try again."))


def _say_when(response: Response) -> Response:
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response
