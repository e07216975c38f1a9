"""Changes that waited."""

from __future__ import annotations

from app.core import clock
from app.people.safety import effects
from tasks.celery_app import task


@task("people.take_effect")
def take_effect() -> int:
    """Make the changes whose time has come; returns how many."""
    return effects.take_effect(clock.now())
