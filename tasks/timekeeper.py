"""The scheduler, which runs the timetable."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery.beat import Scheduler

from app.core import clock, heartbeats
from app.core.db import transaction
from tasks.application import flask_app
from tasks.schedule import HEARTBEAT

LEASE = timedelta(seconds=3 * HEARTBEAT)
STAND_BY = 5  # seconds between attempts to lead
log = structlog.get_logger()


class Timekeeper(Scheduler):
    """Celery's in-memory scheduler, which also records its heartbeat in the database.

    If there are several schedulers, only the leader runs the timetable. If the leader records no
    heartbeat for three intervals, another scheduler takes over. If the database cannot be reached,
    nothing changes: the leader continues and the others wait.

    If the clock is set back, for example because it was wrong, each interval starts again. Celery
    would otherwise run nothing until the clock shows the earlier time again.
    """

    _next_heartbeat = 0.0
    _leads = True
    _last_tick: datetime | None = None
    _process = ""

    def tick(self, *args: Any, **more: Any) -> float:
        """Run the tasks that are due. Returns the seconds until the next tick."""
        if time.monotonic() >= self._next_heartbeat:
            self._beat()
            self._next_heartbeat = time.monotonic() + (HEARTBEAT if self._leads else STAND_BY)
        if not self._leads:
            return float(STAND_BY)
        self._handle_clock_set_back()
        return min(float(super().tick(*args, **more)), HEARTBEAT / 2)

    def _handle_clock_set_back(self) -> None:
        now = clock.now()
        if self._last_tick is not None and now < self._last_tick:
            log.warning("clock set back", seconds=(self._last_tick - now).total_seconds())
            for entry in self.schedule.values():
                entry.last_run_at = entry.default_now()
            self._heap = None  # Celery makes it again
        self._last_tick = now

    def close(self) -> None:
        """Stop, so that another scheduler can take over immediately."""
        try:
            with flask_app().app_context(), transaction():
                heartbeats.record_process_stop("scheduler", self._process)
        except Exception as error:  # the others take over when this one has been silent
            log.warning("end of the scheduler not recorded", error=error)
        super().close()

    def _beat(self) -> None:
        self._process = self._process or heartbeats.current_process_name()
        try:
            with flask_app().app_context(), transaction():
                heartbeats.record_process_heartbeat("scheduler", self._process)
                leads = heartbeats.try_to_lead("scheduler", self._process, LEASE)
        except Exception as error:  # the timetable continues without the database
            log.warning("heartbeat not recorded", error=error)
            return
        if leads != self._leads:
            log.info("scheduler leads" if leads else "scheduler stands by")
        self._leads = leads
