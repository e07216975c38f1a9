"""Queries for the figures published each month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.coverage.models import Snapshot


def add_snapshot(month: date, on: date, at: datetime, numbers: Mapping[str, Any]) -> bool:
    """Save the figures for a month. Return False if the month is already saved."""
    row = (
        insert(Snapshot)
        .values(month=month, on=on, frozen_at=at, numbers=numbers)
        .on_conflict_do_nothing(index_elements=[Snapshot.month])
        .returning(Snapshot.id)
    )
    return db.session.scalar(row) is not None


def published_months() -> list[date]:
    """Return the published months, newest first."""
    return list(db.session.scalars(select(Snapshot.month).order_by(Snapshot.month.desc())))


def snapshot_of_month(month: date) -> Snapshot | None:
    """Return the snapshot for a month, or None."""
    return db.session.scalar(select(Snapshot).where(Snapshot.month == month))


def snapshots_of_other_months(month: date) -> list[Snapshot]:
    """Return the snapshots of all months except this one, oldest first."""
    other = select(Snapshot).where(Snapshot.month != month).order_by(Snapshot.month)
    return list(db.session.scalars(other))


def latest_snapshot(on: date) -> Snapshot | None:
    """Return the latest snapshot taken on or before ``on``, or None."""
    return db.session.scalar(
        select(Snapshot).where(Snapshot.on <= on).order_by(Snapshot.month.desc()).limit(1)
    )
