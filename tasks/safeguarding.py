"""Letters that tell more people about an unopened message in the safeguarding queue."""

from __future__ import annotations

from app.core import clock
from app.safeguarding import escalation
from tasks.celery_app import task


@task("safeguarding.escalate")
def escalate() -> None:
    """Post the letters that are due. Idempotent."""
    escalation.send_due_letters(clock.now())
