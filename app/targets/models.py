"""Targets, the bands of communities, and the statuses that communities were given."""

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
    """A number the programme has promised, its source, and the rule that counts towards it.

    needed None: direction only. rule: {"kinds": [slugs], "networks": [slugs], "organisation_kinds":
    [...], "bases": [lives|works|operates|serves], "area_set": slug | None, "district": bool,
    "since": date | None}. beside: slug of the target this figure stands beside.
    """

    __tablename__ = "targets"

    slug: Mapped[str] = mapped_column(String(60), unique=True, info=NOT_PERSONAL)
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
    """How many champions a community of its size needs, from a day (Mindful Towns and Villages)."""

    __tablename__ = "bands"
    __table_args__ = (UniqueConstraint("area_id", "from_on"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    name: Mapped[str] = mapped_column(String(80), info=NOT_PERSONAL)
    needed: Mapped[int] = mapped_column(SmallInteger)
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class CommunityAward(Audited, HasId, Base):
    """An award made to a community. No row does not mean that there was no award."""

    __tablename__ = "community_awards"
    __table_args__ = (UniqueConstraint("area_id", "name"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    name: Mapped[str] = mapped_column(String(80), info=NOT_PERSONAL)
    known_by_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    source: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)
