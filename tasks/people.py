"""Changes that waited."""

from __future__ import annotations

from app.changes import effects
from app.core import clock
from tasks.celery_app import task


@task("people.take_effect")
def take_effect() -> int:
    """Make the changes whose time has come; returns how many."""
    return effects.take_effect(clock.now())
