"""The table of saved registration drafts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.core.personal import NOT_PERSONAL, personal

DRAFT = personal(
    "to let the person come back to a registration",
    retention="seven days",
    erasure="deleted",
)


class SavedDraft(Base):
    """An encrypted registration draft. It is deleted when it is sent, or after a week.

    ``mailbox`` is a keyed hash of the email address that the link was sent to. ``draft_key`` is the
    submission key.
    """

    __tablename__ = "saved_drafts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, info=NOT_PERSONAL)
    content: Mapped[str] = mapped_column(Text, info=DRAFT)
    mailbox: Mapped[str | None] = mapped_column(String(32), info=DRAFT)
    draft_key: Mapped[str | None] = mapped_column(String(32), info=NOT_PERSONAL)
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
