"""Figures for a scraper, counted when it asks: they are the same whichever process answers."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.db import db
from app.core.heartbeats import Heartbeat
from app.core.jobs import Job
from app.messages.queries import counts
from app.site import health


def figures() -> bytes:
    """In Prometheus' text format. Without the database, the parts alone."""
    registry = CollectorRegistry()
    working = Gauge("champion_part_ok", "Whether a part works", ["part"], registry=registry)
    for name, part in health.parts().items():
        working.labels(name).set(part["ok"])
    try:
        _count(registry, clock.now())
    except SQLAlchemyError:
        db.session.rollback()
    return generate_latest(registry)


def _count(registry: CollectorRegistry, now: datetime) -> None:
    messages = Gauge("champion_messages", "Messages, by state", ["state"], registry=registry)
    for state, number in counts().items():
        messages.labels(state).set(number)
    jobs = Gauge("champion_jobs_unfinished", "Long jobs not done yet", registry=registry)
    unfinished = select(func.count(Job.id)).where(
        Job.finished_at.is_(None), Job.failed_at.is_(None)
    )
    jobs.set(db.session.scalar(unfinished) or 0)
    age = Gauge(
        "champion_heartbeat_age_seconds", "Since a part was seen", ["name"], registry=registry
    )
    for beat in db.session.scalars(select(Heartbeat).order_by(Heartbeat.name)):
        age.labels(beat.name).set((now - beat.at).total_seconds())
