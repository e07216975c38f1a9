"""The clock of a running worker and scheduler is moved by hours and days, forwards and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from app.core import clock, heartbeats
from app.core.db import transaction
from app.core.notify_worker import notify_worker
from app.reminders.morning import MORNING_RUN
from tests.factories.reminders import holder
from tests.integration.tasks.machine import Machine, none_waits, wait_for

FIRST = date(2027, 3, 1)
STEP = timedelta(days=30)  # a reminder is due 30 days before a certificate expires
NEAR = timedelta(minutes=10)


class Clock:
    """The clock of the processes that a machine starts."""

    def __init__(self, machine: Machine) -> None:
        self.file = Path(machine.environ.setdefault("DRILL_CLOCK", str(machine.logs / "clock")))

    def set(self, day: date, at: time) -> datetime:
        """Set the clock, and return that time."""
        instant = clock.london_instant(day, at)
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(str((instant - datetime.now(UTC)).total_seconds()))
        unfinished.replace(self.file)
        return instant


def has_run_since(machine: Machine, instant: datetime) -> bool:
    """Return whether a worker has run a task that the scheduler sent soon after that time."""
    with machine.site.app_context(), transaction():
        beat = heartbeats.last_heartbeat("worker")
        return beat is not None and instant < beat.at < instant + NEAR


def reminders_ran_on(machine: Machine) -> str:
    """Return the day of the last run of the reminders, or an empty text."""
    with machine.site.app_context(), transaction():
        beat = heartbeats.last_heartbeat(MORNING_RUN)
        return beat.facts["on"] if beat else ""


def test_each_reminder_is_sent_once_whatever_the_clock_does(machine: Machine) -> None:
    with machine.site.app_context(), clock.frozen(FIRST), transaction():
        for number in range(3):
            day = FIRST + timedelta(days=number)
            holder(day + STEP, f"Person {number}", email=f"person{number}@example.org")
    second, third = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    moved = Clock(machine)
    moved.set(FIRST, time(6))
    machine.start("worker")
    machine.start("scheduler")
    wait_for(lambda: "ready" in machine.log("worker"), "the worker is ready")
    moved.set(FIRST, time(8, 10))
    wait_for(lambda: machine.box.addresses == ["person0@example.org"], "the first reminder is sent")

    moved.set(FIRST, time(5))
    wait_for(lambda: "clock set back" in machine.log("scheduler"), "the scheduler notices")
    later = moved.set(FIRST, time(5, 1))
    wait_for(lambda: has_run_since(machine, later), "tasks run after the clock was set back")

    moved.set(third, time(9))
    wait_for(lambda: len(machine.box.addresses) > 2, "the reminders of two days are sent")
    moved.set(second, time(9))
    wait_for(lambda: machine.log("scheduler").count("clock set back") == 2, "the scheduler notices")
    later = moved.set(second, time(9, 1))
    wait_for(lambda: has_run_since(machine, later), "tasks run after the clock was set back")

    assert reminders_ran_on(machine) == third.isoformat()
    with machine.site.app_context(), transaction():
        notify_worker("reminders.morning")  # does not wait for the timetable
    wait_for(lambda: reminders_ran_on(machine) == second.isoformat(), "the reminders run again")
    wait_for(lambda: none_waits(machine), "all were sent")
    assert sorted(machine.box.addresses) == [f"person{number}@example.org" for number in range(3)]
