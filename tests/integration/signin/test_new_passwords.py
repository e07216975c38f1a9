"""Choosing a password over HTTP: names used on this site make it too weak."""

from __future__ import annotations

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import invitations
from app.accounts.models import User
from app.core import clock, encryption, links
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.messages.models import Message
from app.signin import passwords
from tests.factories import accounts, organisations

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _invited(session: Session) -> tuple[User, str]:
    user = accounts.user(Role.TRAINER, email="tess.rowe@words.example", name="Tess Rowe")
    invitations.send_invitation(SYSTEM, user)
    message = session.scalars(select(Message).where(Message.user_id == user.id)).one()
    return user, links.token(invitations.LINK, message.context["link"]["link_id"])


@pytest.mark.parametrize(
    "password",
    [
        "Breckland2026!",
        "Champion-Network1",
        "BrecklandCouncil!",
        "Prevention.Team.26",
        "Th3tford2026!!",
        "TessRowe-2026!",
        "yanaarmy-2026!!",
        "Quillfeather-2026",
        "Dereham-2026-May",
        "Norwich-2026-Army",
        "yanaarmy-2026-xx",
        "Champion-2026-ok",
        "Winter2026!Winter",
        "correct horse battery staple",
    ],
)
def test_names_used_on_this_site_are_refused(
    client: FlaskClient, session: Session, password: str
) -> None:
    organisations.organisation(name="Quillfeather Friends")
    user, token = _invited(session)
    form = {"password": password, "code": pyotp.TOTP(SECRET).at(clock.now())}
    form["secret"] = encryption.encrypt("invitation", SECRET.encode())
    reply = client.post(f"/invitation/{token}", data=form)
    assert reply.status_code == 422
    assert str(passwords.TOO_EASY_TO_GUESS) in reply.text
    assert password not in reply.text
    session.refresh(user)
    assert user.password_hash is None
    form["password"] = "heron saucepan gravel"
    assert client.post(f"/invitation/{token}", data=form).status_code == 302
