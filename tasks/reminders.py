"""The task that sends reminders."""

from __future__ import annotations

from app.core import clock
from app.reminders import morning
from tasks.celery_app import task


@task("reminders.morning")
def send_reminders() -> None:
    """Send today's reminders if it is after 8am and they have not been sent."""
    morning.run_if_due(clock.now())
