"""Tables for messages and for attempts to send them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Index,
    Integer,
    Sequence,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, HasId, text_enum
from app.core.personal import MESSAGE, NOT_PERSONAL
from app.messages.types import LONGEST_OUTCOME, LONGEST_VOID_REASON, Category, Channel


class Message(HasId, Base):
    """A message to one recipient, added in the same transaction as the event that causes it.

    `context` holds IDs and other data that is not secret. A link is stored as its ID, and is signed
    when the message is rendered. `text` is the text that was sent, without signed links. A `phone`
    or `post` message waits until a coordinator records a call or letter. `sent_at` is then the time
    of the record, and `outcome` is the result in the coordinator's words. `send_after` is postponed
    after each failed attempt. If `neutral` is True, the message has a fixed text that reveals
    nothing (see app.messages.rendering). `unsettled_at` is the time of an attempt that may have
    sent the message (see HandoverAttempt).
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("sent_at IS NULL OR voided_at IS NULL", name="sent_or_voided"),
        Index(
            "ix_messages_waiting",
            "channel",
            "send_after",
            "id",
            postgresql_where="sent_at IS NULL AND voided_at IS NULL AND failed_at IS NULL",
        ),
        Index("ix_messages_person_id", "person_id", "created_at"),
    )

    key: Mapped[str] = mapped_column(String(120), unique=True, info=NOT_PERSONAL)
    letter: Mapped[str] = mapped_column(String(40), info=NOT_PERSONAL)
    category: Mapped[Category] = mapped_column(text_enum(Category), info=NOT_PERSONAL)
    channel: Mapped[Channel] = mapped_column(text_enum(Channel), info=NOT_PERSONAL)
    address: Mapped[str] = mapped_column(Text, info=MESSAGE)
    name: Mapped[str] = mapped_column(String(200), info=MESSAGE)
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    context: Mapped[dict[str, Any]] = mapped_column(info=MESSAGE)
    neutral: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime]
    send_after: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    redirects: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text, info=NOT_PERSONAL)
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    unsettled_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(String(LONGEST_VOID_REASON), info=NOT_PERSONAL)
    provider_reference: Mapped[str | None] = mapped_column(String(200), info=NOT_PERSONAL)
    subject: Mapped[str | None] = mapped_column(Text, info=MESSAGE)
    text: Mapped[str | None] = mapped_column(Text, info=MESSAGE)
    done_by_user_id: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str | None] = mapped_column(String(LONGEST_OUTCOME), info=MESSAGE)

    @property
    def is_in_doubt(self) -> bool:
        """Return whether the message may have been sent and will not be sent again."""
        return bool(self.failed_at and self.unsettled_at and not self.last_error)


HANDOVER_NUMBERS = Sequence("message_handover_numbers", metadata=Base.metadata)


class HandoverAttempt(Base):
    """The last attempt to pass a message to its carrier, committed just before the attempt.

    `attempt` counts the attempts for this message. If it is higher than `Message.attempts` and no
    worker is sending the message, the message may have been sent. `number` counts the attempts for
    all messages, and shows whether the database was restored from an older dump. There is no
    foreign key, because inserting the row would have to wait for the sender's lock on the message.
    """

    __tablename__ = "message_handovers"

    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(
        BigInteger, HANDOVER_NUMBERS, server_default=HANDOVER_NUMBERS.next_value()
    )
    began_at: Mapped[datetime]
