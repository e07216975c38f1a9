"""The morning run of reminders."""

from __future__ import annotations

from app.core import clock
from app.reminders import morning
from tasks.celery_app import task


@task("reminders.morning")
def run() -> None:
    """Run today's reminders, unless it is before 8am or they have already run. Called often."""
    morning.run_if_due(clock.now())
