"""Helpers that make and accept offers through the pages."""

from __future__ import annotations

from typing import Any

import pyotp
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import offers, powers, queries
from app.accounts.models import User
from app.core import clock, encryption, links
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.messages.models import Message
from app.signin import sessions
from tests.factories import accounts

PASSWORD = "otter lantern gravel"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def invitations(session: Session, email: str) -> list[Message]:
    """Return the invitations sent to an address, newest last."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.address == email, Message.letter == offers.LETTER)
            .order_by(Message.id)
        )
    )


def invitation_path(session: Session, email: str) -> str:
    """Return the path of the link in the newest invitation to an address."""
    newest = invitations(session, email)[-1]
    return f"/offer/{links.token(offers.LINK, newest.context['link']['link_id'])}"


def account_form(client: FlaskClient, name: str = "Tess Rowe") -> dict[str, str]:
    """Return the form data that sets up an account."""
    with client.application.app_context():
        box = encryption.encrypt("invitation", SECRET.encode())
    code = pyotp.TOTP(SECRET).at(clock.now())
    return {"name": name, "password": PASSWORD, "secret": box, "code": code}


def accept(client: FlaskClient, session: Session, email: str) -> Any:
    """Accept the newest invitation to an address in a new browser."""
    other_browser = client.application.test_client()
    return other_browser.post(invitation_path(session, email), data=account_form(other_browser))


def member_of_staff(
    client: FlaskClient, session: Session, email: str, name: str, *roles: Role
) -> User:
    """Return a user who was invited and has accepted."""
    offers.make_offer(SYSTEM, email, name, frozenset(roles))
    assert accept(client, session, email).status_code == 302
    return session.scalars(select(User).where(User.email == email)).one()


def agree() -> None:
    """Agree to every open request, as a second person who is not related to the others."""
    second = sessions.actor_for_user(accounts.coordinator().id)
    assert second is not None
    for request in queries.open_requests():
        powers.approve_request(second, request.id, clock.today())
