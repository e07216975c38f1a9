"""The reminders' morning run."""

from __future__ import annotations

from app.core import clock
from app.reminders import morning
from tasks.celery_app import task


@task("reminders.morning")
def run() -> None:
    """Run today's reminders from 08:00 unless done already. The timetable calls this often."""
    morning.run_if_due(clock.now())
