"""Fixtures with a real PostgreSQL. Each test runs in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from app.accounts.models import User
from app.core import audit, clock, ratelimit
from app.core.actor import SYSTEM
from app.core.db import db
from tests.addresses import public_id
from tests.databases import application, clone
from tests.demo import NOON, make_demo_template
from tests.factories.messages import Mailbox
from tests.factories.messages import mailbox as start_mailbox


@pytest.fixture(scope="session")
def database(worker_id: str) -> Iterator[str]:
    """A database for this process, with the programme loaded."""
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
    """The test's session, which the test and all its requests share. It is never removed."""

    def remove(self) -> None:
        """Keep the session when a request or task ends."""


@contextmanager
def rolled_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Yield a session inside one outer transaction. Its commits are savepoints."""
    with app.app_context():
        connection = db.engine.connect()
        outer = connection.begin()
        maker = sessionmaker(bind=connection, join_transaction_mode="create_savepoint")
        monkeypatch.setattr(db, "session", OneTransaction(maker, scopefunc=lambda: 0))
        audit.set_actor(SYSTEM)
        try:
            yield db.session()
        finally:
            db.session().close()
            outer.rollback()
            connection.close()


@pytest.fixture
def session(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The test's session. Everything written in it is rolled back."""
    with rolled_back(app, monkeypatch) as one:
        yield one


class Browser(FlaskClient):
    """A browser without JavaScript. What the test wrote is committed before each request."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Make a request in a separate application context, so that nothing is left in `g`.

        A refused form is answered with a redirect, which this follows.
        """
        db.session.commit()
        with self.application.app_context():
            reply = super().open(*args, **kwargs)
        if reply.status_code == 303 and reply.location.endswith("again=yes"):
            return self.get(reply.location)
        db.session.expire_all()
        audit.set_actor(SYSTEM)
        return reply


@pytest.fixture
def site(worker_id: str) -> Iterator[Flask]:
    """The application on a separate database, where commits are kept.

    For tests with threads, each of which has its own connection.
    """
    with clone(f"own_{worker_id}") as name:
        made = application(name)
        made.config["WTF_CSRF_ENABLED"] = False
        _forget_attempts(made)
        yield made
        with made.app_context():
            db.engine.dispose()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A signed-out browser without JavaScript."""
    app.test_client_class = Browser
    return app.test_client()


@pytest.fixture
def sign_in(client: FlaskClient) -> Any:
    """Return a function that signs a user in on `client` without the form: `sign_in(user)`."""

    def do(user: Any) -> FlaskClient:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = public_id("users", user.id)
            cookie["_fresh"] = True
            cookie["signed_in_at"] = cookie["proved_at"] = clock.now().isoformat()
        return client

    return do


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that receives the application's email."""
    with start_mailbox() as box:
        monkeypatch.setitem(app.config, "MAIL_URL", f"smtp://127.0.0.1:{box.port}")
        yield box


@pytest.fixture
def no_attempts(app: Flask) -> None:
    """Delete all counts of attempts."""
    _forget_attempts(app)


def _forget_attempts(site: Flask) -> None:
    ratelimit._unavailable_until.clear()  # an earlier test may have met a slow Valkey
    with Redis.from_url(site.config["REDIS_URL"]) as valkey:
        valkey.flushdb()


STARTED_ON = clock.today()


@pytest.fixture(autouse=True)
def _same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeze the date on which the tests started, in case they run past midnight.

    Test modules read the date on import.
    """
    if clock.today() != STARTED_ON:
        running, held = clock.now, clock._frozen
        monkeypatch.setattr(clock, "now", lambda: held.get() or running() - timedelta(hours=1))


@pytest.fixture(autouse=True)
def _no_earlier_attempts(request: pytest.FixtureRequest) -> None:
    """Delete the counts of earlier tests before each test that uses `site`."""
    if {"client", "sign_in", "session", "site"} & set(request.fixturenames):
        request.getfixturevalue("no_attempts")


# The demonstration is loaded once. Each test runs in a transaction that is rolled back.


@pytest.fixture(scope="session")
def demo_database(worker_id: str) -> Iterator[str]:
    """A database for this process, with the demonstration."""
    with clone(f"{worker_id}_demo", make_demo_template()) as name:
        yield name


@pytest.fixture(scope="module")
def demo_app(demo_database: str) -> Iterator[Flask]:
    """The application on the demonstration's database."""
    site = application(demo_database)
    site.config["WTF_CSRF_ENABLED"] = False
    site.test_client_class = Browser
    yield site
    with site.app_context():
        db.engine.dispose()


@pytest.fixture
def demo(demo_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The demonstration's session, at noon on the anchor day, rolled back at the end."""
    _forget_attempts(demo_app)
    with clock.frozen(NOON), rolled_back(demo_app, monkeypatch) as session:
        yield session


@contextmanager
def signed_in(app: Flask, user: User | None) -> Iterator[FlaskClient]:
    """Yield a browser in which `user` is signed in, or a signed-out one if it is None."""
    client = app.test_client()
    if user is not None:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = public_id("users", user.id)
            cookie["_fresh"] = True
            cookie["signed_in_at"] = cookie["proved_at"] = clock.now().isoformat()
    yield client
