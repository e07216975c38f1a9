"""The table for certificate reminders. Its rows are kept permanently."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.personal import NOT_PERSONAL, PARTICIPATION
from app.reminders.types import SkipReason


class Reminder(Audited, HasId, Base):
    """A reminder for a certificate, and whether it was sent, skipped or voided.

    `message_id` is the letter or call that includes the reminder, or None if it was skipped.
    `skipped` and `void_reason` are the reasons for skipping or voiding it. `call_id` is an
    additional call about finding a course, which is made if there is no free course nearby.
    `expires_on` is the expiry date when the reminder was recorded. If the expiry date changes, all
    reminders start again.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("certificate_id", "step_days", "expires_on"),
        Index("ix_reminders_person_id", "person_id"),
        Index("ix_reminders_message_id", "message_id"),
        Index("ix_reminders_call_id", "call_id", postgresql_where="call_id IS NOT NULL"),
        Index("ix_reminders_made_at", "made_at"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    step_days: Mapped[int] = mapped_column(SmallInteger)
    expires_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    due_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    made_at: Mapped[datetime]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    skipped: Mapped[SkipReason | None] = mapped_column(
        text_enum(SkipReason, name="skip"), info=NOT_PERSONAL
    )
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(String(80), info=NOT_PERSONAL)
