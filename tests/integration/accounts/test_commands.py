"""`flask accounts invite`: how a new installation gets its first coordinator."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import User
from app.core import clock
from app.core.permissions import Role
from tests.factories import accounts
from tests.integration.accounts import offer_steps

pytestmark = pytest.mark.usefixtures("client", "no_attempts")


@pytest.mark.parametrize("role", ["coordinator", "trainer", "admin", "Coordinator"])
def test_inviting_somebody_to_a_role(app: Flask, session: Session, role: str) -> None:
    words = ["accounts", "invite", "first@example.org", "--name", "Ann First", "--role", role]
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    known = select(User).where(User.email == "first@example.org")
    assert session.scalars(known).all() == []
    client = app.test_client()
    assert offer_steps.accept(client, session, "first@example.org").status_code == 302
    made = session.scalars(known).one()
    assert [grant.role.value for grant in made.grants] == [role.lower()]


def test_inviting_a_known_address_gives_no_role(app: Flask, session: Session) -> None:
    known = accounts.user(Role.CHAMPION, email="known@example.org")
    outputs = set()
    for email in ("known@example.org", "other@example.org"):
        words = ["accounts", "invite", email, "--name", "Ann", "--role", "admin"]
        result = app.test_cli_runner().invoke(args=words)
        outputs.add((result.exit_code, result.output.replace(email, "ADDRESS")))
    assert len(outputs) == 1
    assert queries.roles_held(known.id, clock.today()) == {Role.CHAMPION}


def test_an_unknown_role_is_an_error(app: Flask, session: Session) -> None:
    words = ["accounts", "invite", "x@example.org", "--name", "X", "--role", "queen"]
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 2
    assert "'queen' is not one of 'admin', 'analyst', 'coordinator'" in result.output
