"""Roles that nobody refused for 24 hours."""

from __future__ import annotations

from app.accounts import powers
from app.core import clock
from tasks.celery_app import task


@task("roles.settle")
def settle() -> None:
    """Give what has waited long enough. Asked every five minutes; twice is once."""
    powers.settle_waited(clock.today())
