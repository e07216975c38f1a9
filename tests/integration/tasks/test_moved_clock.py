"""The clock of a running worker and scheduler is moved by hours and days, forwards and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from app.core import clock, heartbeats
from app.core.db import transaction
from tests.factories.reminders import holder
from tests.integration.tasks.machine import Machine, wait_for

FIRST = date(2027, 3, 1)
STEP = timedelta(days=30)  # a reminder is due 30 days before a certificate expires
NEAR = timedelta(minutes=10)


class Clock:
    """The clock of the processes that a machine starts."""

    def __init__(self, here: Machine) -> None:
        self.file = Path(here.environ.setdefault("DRILL_CLOCK", str(here.logs / "clock")))

    def set(self, day: date, at: time) -> datetime:
        """Set the clock. Returns that time."""
        then = clock.london_instant(day, at)
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(str((then - datetime.now(UTC)).total_seconds()))
        unfinished.replace(self.file)
        return then


def has_run_at(here: Machine, then: datetime) -> bool:
    """Return whether the scheduler has sent a task that a worker ran at about that time."""
    with here.site.app_context(), transaction():
        beat = heartbeats.last_heartbeat("worker")
        return beat is not None and abs(beat.at - then) < NEAR


def test_each_reminder_is_sent_once_whatever_the_clock_does(here: Machine) -> None:
    with here.site.app_context(), clock.frozen(FIRST), transaction():
        for number in range(3):
            day = FIRST + timedelta(days=number)
            holder(day + STEP, f"Person {number}", email=f"person{number}@example.org")
    moved = Clock(here)
    moved.set(FIRST, time(6))
    here.start("worker")
    here.start("scheduler")
    wait_for(lambda: "ready" in here.log("worker"), "the worker is ready")
    moved.set(FIRST, time(8, 10))
    wait_for(lambda: here.box.addresses == ["person0@example.org"], "the first reminder is sent")
    early = moved.set(FIRST, time(5))
    wait_for(lambda: has_run_at(here, early), "tasks run after the clock was set back", within=60)
    assert "clock set back" in here.log("scheduler")
    moved.set(FIRST + timedelta(days=2), time(9))
    wait_for(lambda: len(here.box.addresses) > 2, "the reminders of two days are sent")
    back = moved.set(FIRST + timedelta(days=1), time(9))
    wait_for(lambda: has_run_at(here, back), "tasks run after the clock was set back", within=60)
    assert sorted(here.box.addresses) == [f"person{number}@example.org" for number in range(3)]
