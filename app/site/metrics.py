"""Prometheus metrics.

They are calculated for each request, so all processes return the same values.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, heartbeats, jobs
from app.core.db import db
from app.messages.queries import message_counts
from app.site import health


def metrics_text() -> bytes:
    """Return the metrics in Prometheus text format.

    If the database is down, only the health checks are included.
    """
    registry = CollectorRegistry()
    working = Gauge("champion_part_ok", "Whether a part works", ["part"], registry=registry)
    parts = health.run_health_checks()
    for name, part in parts.items():
        working.labels(name).set(part["ok"])
    free = Gauge(
        "champion_disk_free_megabytes", "Free space on the fullest disk", registry=registry
    )
    free.set(parts["disk"]["free_mb"])
    try:
        _add_gauges(registry, clock.now())
    except SQLAlchemyError:
        db.session.rollback()
    return generate_latest(registry)


def _add_gauges(registry: CollectorRegistry, now: datetime) -> None:
    messages = Gauge("champion_messages", "Messages, by state", ["state"], registry=registry)
    for state, number in message_counts().items():
        messages.labels(state).set(number)
    jobs_left = Gauge("champion_jobs_unfinished", "Jobs that are not finished", registry=registry)
    jobs_left.set(jobs.count_unfinished_jobs())
    age = Gauge(
        "champion_heartbeat_age_seconds",
        "Seconds since a part was last seen",
        ["name"],
        registry=registry,
    )
    for beat in heartbeats.all_heartbeats():
        age.labels(beat.name).set((now - beat.at).total_seconds())
    processes = Gauge(
        "champion_processes",
        "Processes that are live, and those lost in the last hour",
        ["kind", "state"],
        registry=registry,
    )
    for kind in ("worker", "scheduler"):
        for state, number in asdict(heartbeats.count_processes(kind)).items():
            processes.labels(kind, state).set(number)
