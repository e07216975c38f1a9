"""The scheduler, which runs the entries of the timetable."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery.beat import Scheduler

from app.core import heartbeats
from app.core.db import transaction
from tasks.application import flask_app
from tasks.schedule import HEARTBEAT

log = structlog.get_logger()


class Timekeeper(Scheduler):
    """Celery's in-memory scheduler, which also records its own heartbeat in the database."""

    _next_heartbeat = 0.0

    def tick(self, *args: Any, **more: Any) -> float:
        """Run the entries that are due. Returns the seconds until the next tick."""
        if time.monotonic() >= self._next_heartbeat:
            self._next_heartbeat = time.monotonic() + HEARTBEAT
            self._beat()
        return min(float(super().tick(*args, **more)), HEARTBEAT / 2)

    def _beat(self) -> None:
        try:
            with flask_app().app_context(), transaction():
                heartbeats.beat("scheduler")
        except Exception as error:  # the timetable continues without the database
            log.warning("heartbeat not recorded", error=error)
