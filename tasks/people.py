"""Changes that take effect after a wait."""

from __future__ import annotations

from app.changes import effects
from app.core import clock
from tasks.celery_app import task


@task("people.take_effect")
def take_effect() -> int:
    """Make the changes that are due. Returns how many."""
    return effects.apply_due_changes(clock.now())
