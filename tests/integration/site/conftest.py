"""The demonstration, loaded once; each test works in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.db import db
from tests.addresses import public_id
from tests.databases import application, clone
from tests.demo import ANCHOR, make_demo_template
from tests.integration.conftest import Browser, rolled_back

NOON = clock.london(ANCHOR, time(12))


@pytest.fixture(scope="session")
def demo_database(worker_id: str) -> Iterator[str]:
    """This process's own database with the demonstration in it."""
    with clone(f"{worker_id}_demo", make_demo_template()) as name:
        yield name


@pytest.fixture(scope="module")
def demo_app(demo_database: str) -> Iterator[Flask]:
    """The application on it."""
    site = application(demo_database)
    site.config["WTF_CSRF_ENABLED"] = False
    site.test_client_class = Browser
    yield site
    with site.app_context():
        db.engine.dispose()


@pytest.fixture
def demo(demo_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Its session, at noon of the anchor day; rolled back at the end."""
    with clock.frozen(NOON), rolled_back(demo_app, monkeypatch) as session:
        yield session


@contextmanager
def signed_in(app: Flask, user: User | None) -> Iterator[FlaskClient]:
    """A browser of somebody who is signed in; None: of the public."""
    client = app.test_client()
    if user is not None:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = public_id("users", user.id)
            cookie["_fresh"] = True
            cookie["signed_in_at"] = cookie["proved_at"] = clock.now().isoformat()
    yield client
