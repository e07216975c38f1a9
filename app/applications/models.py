"""The table of merges of two records, with the data for undoing them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, HasId
from app.core.personal import personal

TO_UNDO = personal("to undo a merge of two records", retention="30 days")


class RecordMerge(HasId, Base):
    """A merge of two records.

    ``changes`` is an encrypted list of the rows that the merge changed, with their values before
    and after. It is deleted when the merge is undone, or after 30 days.
    """

    __tablename__ = "record_merges"
    __table_args__ = (
        Index("ix_record_merges_kept_id", "kept_id"),
        Index("ix_record_merges_merged_at", "merged_at", postgresql_where="changes IS NOT NULL"),
    )

    kept_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    closed_id: Mapped[int] = mapped_column(BigInteger)
    merged_at: Mapped[datetime]
    merged_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changes: Mapped[str | None] = mapped_column(Text, info=TO_UNDO)
    undone_at: Mapped[datetime | None]
    undone_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
