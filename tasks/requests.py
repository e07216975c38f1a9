"""A worker's record of a task that it has received."""

from __future__ import annotations

from typing import Literal

from celery.worker.request import Request

from app.core import clock


class ClockedRequest(Request):
    """A request that expires by our clock, as the scheduler that sent it expects."""

    def maybe_expire(self) -> Literal[True] | None:
        """Return True if the task is too old to run."""
        return True if self.expires and clock.now() > self.expires else None
