"""Signs of life: worker, scheduler, and the last time each daily run finished."""

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
    """The last sign of life of a part, or the last end of a run."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(40), primary_key=True, info=NOT_PERSONAL)
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)


def beat(name: str, **facts: Any) -> None:
    """`name` is alive now."""
    row = {"at": clock.now(), "facts": facts}
    db.session.execute(
        insert(Heartbeat)
        .values(name=name, **row)
        .on_conflict_do_update(index_elements=["name"], set_=row)
    )


def last(name: str) -> Heartbeat | None:
    """The last sign of life of `name`."""
    return db.session.scalar(select(Heartbeat).where(Heartbeat.name == name))


def all_beats() -> Sequence[Heartbeat]:
    """The last sign of life of every part and run, by name."""
    return db.session.scalars(select(Heartbeat).order_by(Heartbeat.name)).all()
