"""Tables for safeguarding reports and decisions. Their contents are not in the audit log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, HasId, text_enum
from app.core.personal import NOT_PERSONAL, personal
from app.safeguarding.types import DecisionKind

CONCERN = personal(
    "to protect somebody who may be at risk",
    basis="substantial public interest: safeguarding (DPA 2018 Sch. 1 para. 18)",
    retention="six years after the case is closed",
    erasure="kept: the exemption for safeguarding applies (DPA 2018 Sch. 3)",
)


class SafeguardingReport(HasId, Base):
    """A message from somebody who is worried about a person. Only safeguarding leads can read it.

    The user who sent it is not recorded. ``opened_at`` is the time when a lead first opened it.
    """

    __tablename__ = "safeguarding_reports"
    __table_args__ = (
        Index(
            "ix_safeguarding_reports_unopened", "received_at", postgresql_where="opened_at IS NULL"
        ),
    )

    what: Mapped[str] = mapped_column(Text, info=CONCERN)
    about: Mapped[str | None] = mapped_column(Text, info=CONCERN)
    reach: Mapped[str | None] = mapped_column(Text, info=CONCERN)
    received_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    opened_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]


class SafeguardingDecision(HasId, Base):
    """A lead's decision about a message or a suspension, with the reason."""

    __tablename__ = "safeguarding_decisions"
    __table_args__ = (
        CheckConstraint("(report_id IS NULL) <> (person_id IS NULL)", name="about_one"),
        Index("ix_safeguarding_decisions_report_id", "report_id"),
        Index("ix_safeguarding_decisions_person_id", "person_id"),
    )

    report_id: Mapped[int | None] = mapped_column(ForeignKey("safeguarding_reports.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[DecisionKind] = mapped_column(text_enum(DecisionKind), info=NOT_PERSONAL)
    words: Mapped[str] = mapped_column(Text, info=CONCERN)
    at: Mapped[datetime]
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
