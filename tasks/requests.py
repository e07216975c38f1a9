"""The request class of the worker, which checks whether a task has expired."""

from __future__ import annotations

from typing import Literal

from celery.worker.request import Request

from app.core import clock


class ClockedRequest(Request):
    """A task request that uses the application's clock to check whether it has expired."""

    def maybe_expire(self) -> Literal[True] | None:
        """Return True if the task is too old to run."""
        return True if self.expires and clock.now() > self.expires else None
