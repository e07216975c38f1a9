"""The task that records the worker's heartbeat."""

from __future__ import annotations

import structlog

from app.core import heartbeats
from app.site import health
from tasks.celery_app import task

log = structlog.get_logger()


@task("heartbeat.beat")
def record_worker_heartbeat() -> None:
    """Record the worker's heartbeat, and log a warning if a disk is nearly full."""
    disk = health.check_disk()
    if not disk["ok"]:
        log.warning("disk nearly full", free_mb=disk["free_mb"])
    heartbeats.record_heartbeat("worker")
