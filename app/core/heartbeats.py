"""Heartbeats of the worker and the scheduler, and when each daily run last finished."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, db
from app.core.personal import NOT_PERSONAL


class Heartbeat(Base):
    """The last heartbeat of a process, or the last time a run finished."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(40), primary_key=True, info=NOT_PERSONAL)
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)


def beat(name: str, **facts: Any) -> None:
    """Record that `name` is alive now, or has just finished."""
    row = {"at": clock.now(), "facts": facts}
    db.session.execute(
        insert(Heartbeat)
        .values(name=name, **row)
        .on_conflict_do_update(index_elements=["name"], set_=row)
    )


def last(name: str) -> Heartbeat | None:
    """Return the last heartbeat of `name`, or None."""
    return db.session.scalar(select(Heartbeat).where(Heartbeat.name == name))


def all_heartbeats() -> Sequence[Heartbeat]:
    """Return the last heartbeat of every process and run, ordered by name."""
    return db.session.scalars(select(Heartbeat).order_by(Heartbeat.name)).all()
