"""Bulk updates of the messages in the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, update

from app.core.db import db
from app.messages.models import Message
from app.messages.queries import ELECTRONIC, WAITING
from app.messages.types import BY_HAND, DEMO_HISTORY

_AS_SENT = {"attempts": 1, "provider_reference": DEMO_HISTORY}


def mark_messages_sent() -> None:
    """Mark pending emails and texts as sent at the time when they were due."""
    db.session.execute(
        update(Message)
        .where(WAITING, Message.channel.in_(ELECTRONIC))
        .values(sent_at=func.greatest(Message.created_at, Message.send_after), **_AS_SENT)
        .execution_options(synchronize_session=False)
    )


def mark_manual_messages_done(
    before: datetime, at: datetime, outcome: str, user_id: int | None
) -> None:
    """Mark pending calls and postal letters that were created before ``before`` as done."""
    db.session.execute(
        update(Message)
        .where(WAITING, Message.channel.in_(BY_HAND), Message.created_at < before)
        .values(sent_at=at, outcome=outcome, done_by_user_id=user_id, **_AS_SENT)
        .execution_options(synchronize_session=False)
    )


def set_message_texts(texts: Sequence[dict[str, Any]]) -> None:
    """Set the subject and text of messages, by message ID."""
    if texts:
        db.session.execute(update(Message), texts)
