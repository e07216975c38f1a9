"""Signs of life."""

from __future__ import annotations

from app.core import heartbeats
from tasks.celery_app import task


@task("heartbeat.beat")
def beat() -> None:
    """The scheduler asked, and a worker answers. The scheduler writes its own sign of life."""
    heartbeats.beat("worker")
