"""The task that sends letters about safeguarding messages that nobody has opened."""

from __future__ import annotations

from app.core import clock
from app.safeguarding import escalation
from tasks.celery_app import task


@task("safeguarding.escalate")
def escalate_messages() -> None:
    """Send the letters that are due. Idempotent."""
    escalation.send_due_letters(clock.now())
