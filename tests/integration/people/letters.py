"""Helpers that read posted letters and the tokens in their links."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import links
from app.messages.models import Message


def sent_to(session: Session, address: str) -> list[Message]:
    """Return the letters to an address, oldest first."""
    query = select(Message).where(Message.address == address).order_by(Message.id)
    return list(session.scalars(query))


def sign_in(client: FlaskClient, session: Session, address: str) -> FlaskClient:
    """Ask for a sign-in link, press its button and return the browser."""
    browser = client.application.test_client()
    browser.post("/sign-in", data={"email": address})
    reply = browser.post(f"/sign-in/link/{token(sent_to(session, address)[-1])}")
    assert reply.status_code == 302
    return browser


def token(letter: Message, name: str = "link") -> str:
    """Return the token in a letter's link."""
    link = letter.context[name]
    return links.token(link["purpose"], link["link_id"])
