"""Public pages and a champion's own pages are easy to read.

Letters are checked in tests/guards/test_reading_age.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.db import db
from app.core.permissions import PERMISSIONS, USE_ACCOUNT, Role
from app.web.http import declared_permission
from tests import reading
from tests.factories import certificates, courses, matching, people
from tests.integration.registration.registering import TRAINED, TRAINING, address, pages

OLDEST = 12
OLDEST_REGISTERING = 10
FEWEST_WORDS = 60
LEFT_OUT = ("messages.dev_", "site.exit")
OWN = {None, *PERMISSIONS[Role.CHAMPION] - {USE_ACCOUNT}}


def _open(app: Flask, *, permissions: set[str | None]) -> Iterator[str]:
    """Return the URLs without arguments that need one of ``permissions``."""
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments:
            continue
        if rule.endpoint.startswith(LEFT_OUT):
            continue
        if declared_permission(app, rule.endpoint) in permissions:
            yield rule.rule


def _read(client: FlaskClient, addresses: Iterator[str]) -> dict[str, list[str]]:
    """Return the sentences of each page, by URL."""
    found = {}
    for one in addresses:
        reply = client.get(one)
        if reply.status_code == 200 and reply.mimetype == "text/html":
            found[one] = reading.running_text(reply.text)
    return found


def _ages(texts: dict[str, list[str]]) -> dict[str, float]:
    """Return the reading age of each page that is long enough to have one, by URL."""
    known = reading.names()
    plain = {
        one: [reading.without_names(text, known) for text in said] for one, said in texts.items()
    }
    return {
        one: round(reading.reading_age(said), 1)
        for one, said in plain.items()
        if reading.words(said) >= FEWEST_WORDS
    }


def _above(texts: dict[str, list[str]], oldest: int) -> dict[str, float]:
    return {one: age for one, age in _ages(texts).items() if age > oldest}


def test_public_pages_have_a_reading_age_of_twelve(client: FlaskClient, app: Flask) -> None:
    run = courses.run(clock.today() + timedelta(days=40))
    held = certificates.certificate(people.champion())
    texts = _read(client, _open(app, permissions={None}))
    texts |= _read(client, iter([f"/check/{held.code}"]))
    assert run and len(texts) > 15
    assert len(_ages(texts)) >= 8
    assert _above(texts, OLDEST) == {}


def test_champion_pages_have_a_reading_age_of_twelve(
    client: FlaskClient, sign_in: Any, app: Flask
) -> None:
    ann = people.champion()
    certificates.certificate(ann)
    matching.proposal(matching.need(), ann, sent=True)
    sign_in(db.session.get_one(User, ann.user_id))
    texts = _read(client, _open(app, permissions=OWN))
    assert len(texts) > 25
    assert len(_ages(texts)) >= 8
    assert _above(texts, OLDEST) == {}


def test_registration_has_a_reading_age_of_ten(client: FlaskClient) -> None:
    """This checks each page and all of them together, because most are short."""
    texts = {}
    answers = pages(networks=TRAINED, training=TRAINING)
    for step, typed in answers.items():
        texts |= _read(client, iter([address(step)]))
        assert client.post(address(step), data=typed).status_code == 302
    texts |= _read(client, iter(["/register/check", "/register/save"]))
    sent = client.post("/register/check", follow_redirects=True).text
    texts["sent"] = reading.running_text(sent)
    texts["all of it"] = [text for one in texts.values() for text in one]
    assert len(texts) == 10
    assert _above(texts, OLDEST_REGISTERING) == {}


def test_a_long_difficult_page_is_detected(session: Session) -> None:
    hard = "We recommend consideration of every applicable organisational requirement."
    texts = {"/hard": [hard] * 10, "/short": [hard], "/easy": ["We will call you by Monday."] * 12}
    assert list(_above(texts, OLDEST)) == ["/hard"]
