"""The scheduler, which runs the timetable."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from celery.beat import ScheduleEntry, Scheduler

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

    If the clock is set back, for example because it was wrong, the interval of each task that ran
    at a later time starts again. Celery would otherwise not run it until that time has passed.
    """

    _next_heartbeat = 0.0
    _leads = True
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
        ahead = [each for each in self.schedule.values() if _last_run(each) > now]
        if not ahead:
            return
        log.warning("clock set back", seconds=(max(map(_last_run, ahead)) - now).total_seconds())
        for entry in ahead:
            entry.last_run_at = entry.default_now()
        self._heap = None  # Celery makes it again

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


def _last_run(entry: ScheduleEntry) -> datetime:
    """Return when an entry was last sent, in UTC, because an hour comes twice in London."""
    return (entry.last_run_at or entry.default_now()).astimezone(UTC)
