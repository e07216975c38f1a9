"""The worker's heartbeat."""

from __future__ import annotations

from app.core import heartbeats
from tasks.celery_app import task


@task("heartbeat.beat")
def beat() -> None:
    """Record the worker's heartbeat. The scheduler records its own."""
    heartbeats.record_heartbeat("worker")
