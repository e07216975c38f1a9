"""Reading the letters that were written, and the tokens in their links."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import links
from app.messages.models import Message


def to(session: Session, address: str) -> list[Message]:
    """Letters to an address, the oldest first."""
    query = select(Message).where(Message.address == address).order_by(Message.id)
    return list(session.scalars(query))


def token(letter: Message, name: str = "link") -> str:
    """The token in a letter's link."""
    link = letter.context[name]
    return links.token(link["purpose"], link["link_id"])
