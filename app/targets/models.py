"""The tables of targets, bands and community awards."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Integer, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.personal import NOT_PERSONAL
from app.targets.types import Verb


class Target(Audited, HasId, Base):
    """A target of the programme, with its source and the rule for counting people.

    Each row applies from ``from_on`` to ``until_on``. A changed target has several rows.

    ``needed`` is None if the source gives only a direction, not a number. ``rule`` is
    {"kinds": [slugs], "networks": [slugs], "organisation_kinds": [...],
    "bases": [lives|works|operates|serves], "area_set": slug | None, "district": bool,
    "since": date | None}. ``beside`` is the slug of the target that this target is
    shown next to.
    """

    __tablename__ = "targets"
    __table_args__ = (UniqueConstraint("slug", "from_on"),)

    slug: Mapped[str] = mapped_column(String(60), info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(200), info=NOT_PERSONAL)
    source: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)
    needed: Mapped[int | None] = mapped_column(Integer)
    due_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)
    verb: Mapped[Verb] = mapped_column(text_enum(Verb), info=NOT_PERSONAL)
    rule: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)
    beside: Mapped[str | None] = mapped_column(String(60), info=NOT_PERSONAL)
    position: Mapped[int] = mapped_column(Integer)
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class Band(Audited, HasId, Base):
    """The number of champions that a community of this size needs (Mindful Towns and Villages)."""

    __tablename__ = "bands"
    __table_args__ = (UniqueConstraint("area_id", "from_on"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    name: Mapped[str] = mapped_column(String(80), info=NOT_PERSONAL)
    needed: Mapped[int] = mapped_column(SmallInteger)
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class CommunityAward(Audited, HasId, Base):
    """An award made to a community. A community may have awards that are not recorded."""

    __tablename__ = "community_awards"
    __table_args__ = (UniqueConstraint("area_id", "name"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    name: Mapped[str] = mapped_column(String(80), info=NOT_PERSONAL)
    known_by_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    source: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)
