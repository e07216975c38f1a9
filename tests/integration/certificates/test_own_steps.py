"""The training and certificate steps on a champion's own page."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from tests.factories import people


def test_claimed_training_is_in_progress_until_confirmed(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.champion()
    reader = sign_in(session.get_one(User, person.user_id))
    page = reader.get("/me").get_data(as_text=True)
    assert "Get trained" in page
    assert "Cannot start yet" in page
    people.claim(person)
    page = reader.get("/me").get_data(as_text=True)
    assert "We are checking the training you told us about" in page
