"""The scheduler that keeps the timetable."""

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
    """Celery's scheduler, in memory, with a sign of life of its own in the database."""

    _next_sign = 0.0

    def tick(self, *args: Any, **more: Any) -> float:
        """One look at the timetable; returns the seconds until the next."""
        if time.monotonic() >= self._next_sign:
            self._next_sign = time.monotonic() + HEARTBEAT
            self._show_life()
        return min(float(super().tick(*args, **more)), HEARTBEAT / 2)

    def _show_life(self) -> None:
        try:
            with flask_app().app_context(), transaction():
                heartbeats.beat("scheduler")
        except Exception as error:  # the timetable goes on without the database
            log.warning("no sign of life written", error=error)
