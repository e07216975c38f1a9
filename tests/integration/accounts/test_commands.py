"""`flask accounts …`: how the first coordinator of a new installation gets in."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.messages.models import Message


@pytest.mark.parametrize("role", ["coordinator", "trainer", "admin", "Coordinator"])
def test_inviting_somebody_by_the_name_of_a_role(app: Flask, session: Session, role: str) -> None:
    words = ["accounts", "invite", "first@example.org", "--name", "Ann First", "--role", role]
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    made = session.scalars(select(User).where(User.email == "first@example.org")).one()
    assert [grant.role.value for grant in made.grants] == [role.lower()]
    letter = session.scalars(select(Message).where(Message.user_id == made.id)).one()
    assert letter.letter == "invitation"


def test_a_role_that_there_is_not(app: Flask, session: Session) -> None:
    words = ["accounts", "invite", "x@example.org", "--name", "X", "--role", "queen"]
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 2
    assert "'queen' is not one of 'admin', 'analyst', 'coordinator'" in result.output
