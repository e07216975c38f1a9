"""Tables of records that were merged, and of records that look alike but are different people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId
from app.core.personal import NOT_PERSONAL


class MergedRegistration(Audited, HasId, Base):
    """A registration that was merged into a person's record.

    Its row in people was deleted and its data moved to the record (docs/decisions/0017).
    ``closed_id`` is its former id, for URLs that still contain it. ``submission`` is its key, so
    that sending it again does not create another person.
    """

    __tablename__ = "joined_registrations"

    closed_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    submission: Mapped[str | None] = mapped_column(String(64), unique=True, info=NOT_PERSONAL)
    registered_at: Mapped[datetime]
    joined_at: Mapped[datetime]


class NotDuplicate(Audited, HasId, Base):
    """Two different people whose records look alike, with the lower id first."""

    __tablename__ = "not_duplicates"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
    )

    first_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
