"""Find the letter to a person that a message to nobody names (app/messages/copies.py)."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.messages.models import Message


def find_message_by_key(key: str) -> Message | None:
    """Return the message with this key, with its current values, or None."""
    return db.session.scalar(
        select(Message).where(Message.key == key).execution_options(populate_existing=True)
    )
