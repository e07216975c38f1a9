"""Roles and data-sharing agreements that start unless somebody refuses them within 24 hours."""

from __future__ import annotations

from app.accounts import powers
from app.core import clock
from app.organisations import agreements
from tasks.celery_app import task


@task("roles.settle")
def start_waiting() -> None:
    """Start roles and agreements that have waited for 24 hours. Called every five minutes.

    Idempotent.
    """
    powers.give_unrefused_roles(clock.today())
    agreements.confirm_unrefused_agreements()
