"""The tables of help lines and demonstration loads."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId
from app.core.personal import NOT_PERSONAL


class CrisisLine(Audited, HasId, Base):
    """A help line to call or text. If ``panel`` is true, it is also shown in the crisis panel."""

    __tablename__ = "crisis_lines"

    slug: Mapped[str] = mapped_column(String(60), unique=True, info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    number: Mapped[str] = mapped_column(String(60), info=NOT_PERSONAL)
    hours: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    when: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)
    panel: Mapped[bool] = mapped_column(Boolean, default=False)
    position: Mapped[int] = mapped_column(Integer)
    checked_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)


class DemoLoad(HasId, Base):
    """A loaded demonstration, with its anchor day. There are no rows in production."""

    __tablename__ = "demo_loads"

    anchor: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    finished: Mapped[bool] = mapped_column(Boolean, default=False)
