"""The reminders' morning run."""

from __future__ import annotations

from app.core import clock
from app.reminders import morning
from tasks.celery_app import task


@task("reminders.morning")
def run() -> None:
    """Today's run, from 08:00 on, unless it is done. Asked again and again, so never missed."""
    morning.run_if_due(clock.now())
