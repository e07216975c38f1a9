"""A misspelt email address does not lose a volunteer."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people.models import ContactPoint
from tests.integration.registration.registering import address, fill_in, pages, send

pytestmark = pytest.mark.usefixtures("no_attempts")
TYPED = {"email": "ann.smith@gmial.con"}


def test_a_likely_misspelling_is_asked_about(client: FlaskClient, session: Session) -> None:
    everything = pages()
    fill_in(client, {step: everything[step] for step in ("start", "networks")})
    asked = client.post(address("contact"), data=TYPED)
    assert asked.status_code == 422
    assert "Did you mean ann.smith@gmail.com?" in asked.text
    assert "Keep ann.smith@gmial.con as typed" in asked.text
    assert 'name="email-keep"' in asked.text
    other = {"email": "ann@hotmial.com", "email-keep": TYPED["email"]}
    assert "Did you mean ann@hotmail.com?" in client.post(address("contact"), data=other).text
    kept = TYPED | {"email-keep": TYPED["email"]}
    assert client.post(address("contact"), data=kept).status_code == 302
    assert "email-keep" in client.get(address("contact")).text


def test_an_address_kept_as_typed_is_registered(client: FlaskClient, session: Session) -> None:
    send(client, pages(contact=TYPED | {"email-keep": TYPED["email"]}))
    points = session.scalars(select(ContactPoint.value)).all()
    assert TYPED["email"] in points


def test_other_domains_are_not_questioned(client: FlaskClient, session: Session) -> None:
    fill_in(client, pages(contact={"email": "ann@parish.example"}))
