"""Telling more people that a message in the safeguarding queue has not been opened."""

from __future__ import annotations

from app.core import clock
from app.safeguarding import escalation
from tasks.celery_app import task


@task("safeguarding.escalate")
def escalate() -> None:
    """Post the letters that are due. A second call changes nothing."""
    escalation.send_due_letters(clock.now())
