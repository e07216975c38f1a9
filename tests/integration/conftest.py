"""Real PostgreSQL. Each test runs in an outer transaction that is rolled back at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from app.accounts.models import User
from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.db import db
from tests.addresses import public_id
from tests.databases import application, clone
from tests.demo import ANCHOR, make_demo_template


@pytest.fixture(scope="session")
def database(worker_id: str) -> Iterator[str]:
    """This process's own database, with the programme loaded."""
    with clone(worker_id) as name:
        yield name


@pytest.fixture(scope="session")
def app(database: str) -> Iterator[Flask]:
    """The application."""
    site = application(database)
    site.config["WTF_CSRF_ENABLED"] = False
    yield site
    with site.app_context():
        db.engine.dispose()


class OneTransaction(scoped_session[Session]):
    """The test's session, for the test and for every request it makes: never thrown away."""

    def remove(self) -> None:
        """Requests and tasks end here; the test's session goes on."""


@contextmanager
def rolled_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The session inside one outer transaction; commits are savepoints of it."""
    with app.app_context():
        connection = db.engine.connect()
        outer = connection.begin()
        maker = sessionmaker(bind=connection, join_transaction_mode="create_savepoint")
        monkeypatch.setattr(db, "session", OneTransaction(maker, scopefunc=lambda: 0))
        audit.acts_as(SYSTEM)
        try:
            yield db.session()
        finally:
            db.session().close()
            outer.rollback()
            connection.close()


@pytest.fixture
def session(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The test's session; all that it wrote is rolled back."""
    with rolled_back(app, monkeypatch) as one:
        yield one


class Browser(FlaskClient):
    """A browser without JavaScript; what the test wrote is committed before each request."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """A request with an application context of its own, so that nothing is left in `g`."""
        db.session.commit()
        with self.application.app_context():
            reply = super().open(*args, **kwargs)
        db.session.expire_all()
        audit.acts_as(SYSTEM)
        return reply


@pytest.fixture
def site(worker_id: str) -> Iterator[Flask]:
    """The application on a database of the test's own, which keeps what is committed.

    For tests with threads, each of which has a connection of its own.
    """
    with clone(f"own_{worker_id}") as name:
        made = application(name)
        made.config["WTF_CSRF_ENABLED"] = False
        yield made
        with made.app_context():
            db.engine.dispose()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A browser without JavaScript, signed out."""
    app.test_client_class = Browser
    return app.test_client()


@pytest.fixture
def sign_in(client: FlaskClient) -> Any:
    """Signs a user in on `client` without the form: `sign_in(user)`."""

    def do(user: Any) -> FlaskClient:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = public_id("users", user.id)
            cookie["_fresh"] = True
            cookie["signed_in_at"] = cookie["proved_at"] = clock.now().isoformat()
        return client

    return do


@pytest.fixture
def fresh_tries(app: Flask) -> None:
    """Nobody has tried anything yet."""
    with Redis.from_url(app.config["REDIS_URL"]) as valkey:
        valkey.flushdb()


STARTED_ON = clock.today()


@pytest.fixture(autouse=True)
def _same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Test modules take the day when they are imported, so a run stays on that day at midnight."""
    if clock.today() != STARTED_ON:
        running, held = clock.now, clock._frozen
        monkeypatch.setattr(clock, "now", lambda: held.get() or running() - timedelta(hours=1))


@pytest.fixture(autouse=True)
def _fresh_counts(request: pytest.FixtureRequest) -> None:
    """Each test of the site starts without counts of what the tests before asked for."""
    if {"client", "sign_in", "session"} & set(request.fixturenames):
        request.getfixturevalue("fresh_tries")


# The demonstration, loaded once; each test works in a transaction that is rolled back.

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
