"""Tables of merged records, and of similar records for different people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId
from app.core.personal import NOT_PERSONAL


class MergedRegistration(Audited, HasId, Base):
    """A registration that was merged into another person's record.

    The row of the registration was deleted from the people table (docs/decisions/0017).
    ``closed_id`` is the deleted ID, which old URLs still contain. ``submission`` is the submission
    key of the registration. It prevents a second submission from creating a new person.
    """

    __tablename__ = "joined_registrations"

    closed_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    submission: Mapped[str | None] = mapped_column(String(64), unique=True, info=NOT_PERSONAL)
    registered_at: Mapped[datetime]
    joined_at: Mapped[datetime]


class NotDuplicate(Audited, HasId, Base):
    """Two different people with similar records. The lower ID comes first."""

    __tablename__ = "not_duplicates"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
    )

    first_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
