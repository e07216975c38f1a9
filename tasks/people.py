"""The task that makes delayed changes."""

from __future__ import annotations

from app.changes import effects
from app.core import clock
from tasks.celery_app import task


@task("people.take_effect")
def make_due_changes() -> int:
    """Make the changes that are due, and return how many were made."""
    return effects.apply_due_changes(clock.now())
