"""The task that starts roles and data-sharing agreements after 24 hours."""

from __future__ import annotations

from app.accounts import powers
from app.core import clock
from app.organisations import agreements
from tasks.celery_app import task


@task("roles.settle")
def start_due_roles() -> None:
    """Start roles and agreements that nobody has refused within 24 hours. Idempotent."""
    powers.grant_due_roles(clock.today())
    agreements.confirm_pending_agreements()
