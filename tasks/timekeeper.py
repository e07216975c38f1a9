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
from tasks.schedule import HEARTBEAT_INTERVAL

LEASE = timedelta(seconds=3 * HEARTBEAT_INTERVAL)
STANDBY_INTERVAL = 5  # seconds between attempts to lead
log = structlog.get_logger()


class Timekeeper(Scheduler):
    """Celery's in-memory scheduler, which also records its heartbeat in the database.

    If there are several schedulers, only the leader runs the timetable. If the leader records no
    heartbeat for three intervals, another scheduler takes over. If the database cannot be reached,
    nothing changes: the leader continues and the others wait.

    If the clock is set back, for example because it was wrong, the interval of each task that last
    ran at a later time is restarted. Otherwise Celery would not run the task until that time.
    """

    _next_heartbeat = 0.0
    _is_leader = True
    _process = ""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Run the tasks that are due. Returns the seconds until the next tick."""
        if time.monotonic() >= self._next_heartbeat:
            self._beat()
            self._next_heartbeat = time.monotonic() + (
                HEARTBEAT_INTERVAL if self._is_leader else STANDBY_INTERVAL
            )
        if not self._is_leader:
            return float(STANDBY_INTERVAL)
        self._handle_clock_set_back()
        return min(float(super().tick(*args, **kwargs)), HEARTBEAT_INTERVAL / 2)

    def _handle_clock_set_back(self) -> None:
        now = clock.now()
        future_entries = [each for each in self.schedule.values() if _last_run(each) > now]
        if not future_entries:
            return
        log.warning(
            "clock set back", seconds=(max(map(_last_run, future_entries)) - now).total_seconds()
        )
        for entry in future_entries:
            entry.last_run_at = entry.default_now()
        self._heap = None  # Celery rebuilds it

    def close(self) -> None:
        """Stop, so that another scheduler can take over immediately."""
        try:
            with flask_app().app_context(), transaction():
                heartbeats.record_process_stop("scheduler", self._process)
        except Exception as error:  # another scheduler takes over after the lease ends
            log.warning("end of the scheduler not recorded", error=error)
        super().close()

    def _beat(self) -> None:
        self._process = self._process or heartbeats.current_process_name()
        try:
            with flask_app().app_context(), transaction():
                heartbeats.record_process_heartbeat("scheduler", self._process)
                is_leader = heartbeats.try_to_lead("scheduler", self._process, LEASE)
        except Exception as error:  # the timetable continues without the database
            log.warning("heartbeat not recorded", error=error)
            return
        if is_leader != self._is_leader:
            log.info("scheduler leads" if is_leader else "scheduler stands by")
        self._is_leader = is_leader


def _last_run(entry: ScheduleEntry) -> datetime:
    """Return when an entry was last sent, in UTC. London time repeats an hour in autumn."""
    return (entry.last_run_at or entry.default_now()).astimezone(UTC)
