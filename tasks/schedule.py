"""The whole timetable, and the scheduler that keeps it.

The scheduler remembers nothing between starts: what matters about the past (was today's morning run
done?) stands in the database. Times of day are London's.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery.beat import Scheduler
from celery.schedules import crontab

from app.core import heartbeats
from app.core.db import transaction
from tasks.application import flask_app

MINUTE = 60
HEARTBEAT = 30  # seconds
STALE = {"expires": 2 * MINUTE}  # asked again soon, so what nobody took in time is dropped

TIMETABLE: dict[str, dict[str, Any]] = {
    "is a worker there?": {
        "task": "heartbeat.beat",
        "schedule": HEARTBEAT,
        "options": {"expires": HEARTBEAT},
    },
    "messages that a lost nudge left": {
        "task": "messages.sweep",
        "schedule": MINUTE,
        "options": STALE,
    },
    "jobs that a lost nudge left": {"task": "jobs.sweep", "schedule": MINUTE, "options": STALE},
    "reminders, each morning": {
        "task": "reminders.morning",
        "schedule": crontab(hour=8, minute=0),
    },
    "reminders, if the morning was missed": {
        "task": "reminders.morning",
        "schedule": 5 * MINUTE,
        "options": STALE,
    },
    "tidying, each night": {"task": "nightly.run", "schedule": crontab(hour=3, minute=10)},
}

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
            log.warning("no sign of life written", error=str(error))
