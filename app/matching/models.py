"""The tables of needs, matching runs, proposals and assignments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.limits import LONGEST_LINE
from app.core.personal import NOT_PERSONAL, PARTICIPATION, STAFF
from app.matching.optimum.problem import MAX_PRIORITY
from app.matching.types import Obstacle


class Need(Audited, HasId, Base):
    """A need for people in an area, with the number of places and what the people will do."""

    __tablename__ = "needs"
    __table_args__ = (
        CheckConstraint("places > 0", name="has_places"),
        CheckConstraint(f"priority BETWEEN 1 AND {MAX_PRIORITY}", name="priority_in_range"),
        Index("ix_needs_area_id", "area_id"),
        Index(
            "uq_needs_open_source",
            "source",
            unique=True,
            postgresql_where="closed_on IS NULL AND source <> 'hand'",
        ),
    )

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    network_id: Mapped[int | None] = mapped_column(ForeignKey("networks.id"))
    kind_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_kinds.id"))
    places: Mapped[int] = mapped_column(SmallInteger)
    priority: Mapped[int] = mapped_column(SmallInteger)
    what_for: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)
    setting: Mapped[str] = mapped_column(String(LONGEST_LINE), info=NOT_PERSONAL)
    times: Mapped[str] = mapped_column(String(LONGEST_LINE), info=NOT_PERSONAL)
    contact: Mapped[str] = mapped_column(String(LONGEST_LINE), info=STAFF)
    source: Mapped[str] = mapped_column(String(80), info=NOT_PERSONAL)
    made_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    closed_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class MatchingRun(HasId, Base):
    """A matching run and its result. ``objective`` is in thousandths of a point."""

    __tablename__ = "matching_runs"

    on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"), unique=True)
    made_at: Mapped[datetime]
    needs: Mapped[int] = mapped_column(Integer)
    places: Mapped[int] = mapped_column(Integer)
    filled: Mapped[int] = mapped_column(Integer)
    objective: Mapped[int] = mapped_column(BigInteger)
    optimal: Mapped[bool] = mapped_column(Boolean)
    seconds: Mapped[float] = mapped_column(Float)


class Proposal(Audited, HasId, Base):
    """A person proposed for a vacancy, with the terms of their score."""

    __tablename__ = "proposals"
    __table_args__ = (
        Index(
            "uq_proposals_open",
            "need_id",
            "person_id",
            unique=True,
            postgresql_where="withdrawn_at IS NULL AND declined_at IS NULL",
        ),
        Index("ix_proposals_person_id", "person_id"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("matching_runs.id"), index=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    place: Mapped[int] = mapped_column(SmallInteger)
    score: Mapped[int] = mapped_column(BigInteger)
    terms: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)
    asked_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None] = mapped_column(Text, info=PARTICIPATION)
    withdrawn_at: Mapped[datetime | None]


class UnfilledNeed(Base):
    """A need with vacancies that a run could not fill, and the reason."""

    __tablename__ = "unfilled_places"

    run_id: Mapped[int] = mapped_column(ForeignKey("matching_runs.id"), primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    places: Mapped[int] = mapped_column(SmallInteger)
    why: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)


class Assignment(Audited, HasId, Base):
    """A period in which a person is assigned to a need. It has a presence with the basis "serves".

    ``obstacle`` is the rule that the person no longer meets, and ``obstacle_on`` is the day on
    which the nightly check first found this. ``kept_until`` is the last day of the extension if a
    coordinator allowed the person to continue.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "uq_assignments_standing",
            "need_id",
            "person_id",
            unique=True,
            postgresql_where="until_on IS NULL",
        ),
        Index("ix_assignments_person_id", "person_id"),
    )

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"), unique=True)
    presence_id: Mapped[int | None] = mapped_column(ForeignKey("presences.id"))
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)
    until_reason: Mapped[str | None] = mapped_column(Text, info=PARTICIPATION)
    obstacle: Mapped[Obstacle | None] = mapped_column(text_enum(Obstacle), info=PARTICIPATION)
    obstacle_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)
    kept_until: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    need: Mapped[Need] = relationship()
