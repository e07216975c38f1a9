"""The table of published monthly figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, HasId
from app.core.personal import NOT_PERSONAL


class Snapshot(HasId, Base):
    """The figures published for a month. ``month`` is its first day.

    Published figures never change, because a change could reveal facts about a person.
    """

    __tablename__ = "snapshots"

    month: Mapped[date] = mapped_column(unique=True, info=NOT_PERSONAL)
    on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    frozen_at: Mapped[datetime]
    numbers: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)
