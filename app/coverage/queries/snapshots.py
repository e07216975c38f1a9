"""What was published, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.coverage.models import Snapshot


def add(month: date, on: date, at: datetime, numbers: Mapping[str, Any]) -> bool:
    """Keep the numbers of a month; False when it has some already."""
    row = (
        insert(Snapshot)
        .values(month=month, on=on, frozen_at=at, numbers=numbers)
        .on_conflict_do_nothing(index_elements=[Snapshot.month])
        .returning(Snapshot.id)
    )
    return db.session.scalar(row) is not None


def months() -> list[date]:
    """The months that were published, the newest first."""
    return list(db.session.scalars(select(Snapshot.month).order_by(Snapshot.month.desc())))


def of_month(month: date) -> Snapshot | None:
    """What was published for a month."""
    return db.session.scalar(select(Snapshot).where(Snapshot.month == month))


def latest(on: date) -> Snapshot | None:
    """The newest that counted a day up to `on`."""
    return db.session.scalar(
        select(Snapshot).where(Snapshot.on <= on).order_by(Snapshot.month.desc()).limit(1)
    )
