"""`flask accounts list|deactivate|reset-second-factor` are audited and send letters."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import notifications, powers
from app.accounts.models import RecoveryCode, User
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages.models import Message
from app.signin import recovery_codes
from tests.factories import accounts


@pytest.fixture
def user(session: Session) -> User:
    made = accounts.user(Role.ADMIN, email="ada@commands.example", name="Ada Low")
    made.password_hash, made.totp_secret = "a hash", "a secret"
    made.totp_confirmed_at = clock.now()
    recovery_codes.make_codes(SYSTEM, made)
    session.flush()
    return made


def _run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=["accounts", *words])


def _letters(session: Session, user: User) -> list[str]:
    query = select(Message.letter).where(Message.user_id == user.id).order_by(Message.id)
    return list(session.scalars(query))


def _system_verbs(session: Session, user: User) -> set[str]:
    query = select(AuditEntry.verb).where(
        AuditEntry.subject_id == user.id, AuditEntry.actor_kind == "system"
    )
    return set(session.scalars(query))


def test_the_command_lists_staff_accounts(app: Flask, session: Session, user: User) -> None:
    accounts.user(Role.CHAMPION, email="champion@commands.example")
    listed = _run(app, "list", "--json")
    assert listed.exit_code == 0
    rows = {row["email"]: row for row in json.loads(listed.stdout)}
    assert rows["ada@commands.example"] == {
        "email": "ada@commands.example",
        "name": "Ada Low",
        "roles": ["admin"],
        "state": "set up",
        "second_factor": True,
        "recovery_codes": 10,
        "deactivated_on": None,
    }
    assert "champion@commands.example" not in rows
    assert "ada@commands.example\tAda Low\tadmin\tset up" in _run(app, "list").stdout
    assert session.scalars(select(AuditEntry).where(AuditEntry.verb == "user.list")).all()


def test_the_command_can_deactivate_the_last_administrator(
    app: Flask, client: FlaskClient, sign_in: Any, session: Session, user: User
) -> None:
    signed_in = sign_in(user)
    assert signed_in.get("/your-sign-in").status_code == 200
    done = _run(app, "deactivate", "ADA@commands.example", "--json")
    assert done.exit_code == 0, done.stderr
    row = json.loads(done.stdout)[0]
    assert (row["state"], row["deactivated_on"]) == ("deactivated", clock.today().isoformat())
    assert signed_in.get("/your-sign-in").status_code == 302
    assert _letters(session, user) == [notifications.LETTER, powers.ROLE_LOST]
    assert "user.deactivate" in _system_verbs(session, user)
    assert _run(app, "deactivate", "ada@commands.example").exit_code == 0  # idempotent
    assert _letters(session, user) == [notifications.LETTER, powers.ROLE_LOST]


def test_the_command_resets_the_second_factor(app: Flask, session: Session, user: User) -> None:
    before = user.sessions_from
    done = _run(app, "reset-second-factor", "ada@commands.example", "--json")
    assert done.exit_code == 0, done.stderr
    row = json.loads(done.stdout)[0]
    assert (row["second_factor"], row["recovery_codes"]) == (False, 0)
    session.refresh(user)
    assert (user.totp_secret, user.totp_confirmed_at) == (None, None)
    assert user.sessions_from > before + timedelta(days=1)
    assert session.scalars(select(RecoveryCode)).all() == []
    assert sorted(_letters(session, user)) == ["invitation", notifications.LETTER]
    assert "user.start-over" in _system_verbs(session, user)


@pytest.mark.parametrize("command", ["deactivate", "reset-second-factor"])
def test_an_address_without_a_staff_account_is_an_error(
    app: Flask, session: Session, command: str
) -> None:
    champion = accounts.user(Role.CHAMPION, email="champion@commands.example")
    session.commit()
    for email in (champion.email, "nobody@commands.example"):
        done = _run(app, command, email)
        assert done.exit_code == 1
        assert done.stderr.strip() == f"Nobody who works on the service signs in with {email}."
    session.refresh(champion)
    assert champion.deactivated_at is None
