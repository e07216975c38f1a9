"""If the server has closed idle connections of the pool, the next request still succeeds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text

from app.core.db import ENGINE_OPTIONS, db

OWN_PROCESS_ID = text("SELECT pg_backend_pid()")


@pytest.fixture
def engine(app: Flask) -> Iterator[Engine]:
    """A pool of one connection to this process's database."""
    options = ENGINE_OPTIONS | {"pool_size": 1, "max_overflow": 0}
    pooled = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], **options)
    yield pooled
    pooled.dispose()


@pytest.fixture
def idle_process_id(engine: Engine) -> int:
    """Return the id of the server process of the pool's idle connection."""
    with engine.connect() as connection:
        return int(connection.scalar(OWN_PROCESS_ID) or 0)


def terminate(process_id: int, connection: Connection) -> None:
    connection.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": process_id})


def test_an_idle_connection_is_used_again(engine: Engine, idle_process_id: int) -> None:
    with engine.connect() as connection:
        assert connection.scalar(OWN_PROCESS_ID) == idle_process_id


def test_a_connection_closed_by_the_server_is_replaced(
    app: Flask, engine: Engine, idle_process_id: int
) -> None:
    other = create_engine(engine.url)
    with other.connect() as other_connection:
        terminate(idle_process_id, other_connection)
    other.dispose()
    with engine.connect() as connection:
        assert connection.scalar(OWN_PROCESS_ID) not in (None, idle_process_id)


def test_a_connection_that_was_checked_can_be_rolled_back(
    engine: Engine, idle_process_id: int
) -> None:
    """Checking a connection must not leave it in autocommit mode."""
    with engine.connect() as connection:
        assert connection.scalar(OWN_PROCESS_ID) == idle_process_id
        connection.execute(text("CREATE TEMPORARY TABLE undone (n int)"))
        connection.rollback()
        assert connection.scalar(text("SELECT to_regclass('undone')")) is None


def test_a_request_succeeds_after_the_server_closed_every_pooled_connection(
    site: Flask, engine: Engine
) -> None:
    browser = site.test_client()
    assert browser.get("/progress").status_code == 200
    with site.app_context():
        pooled = [db.engine.connect() for _ in range(3)]
        numbers = [int(connection.scalar(OWN_PROCESS_ID) or 0) for connection in pooled]
        for connection in pooled:
            connection.close()
    with engine.connect() as by:
        for number in numbers:
            terminate(number, by)
    for _ in range(3):
        assert browser.get("/progress").status_code == 200
    with site.app_context(), db.engine.connect() as connection:
        assert connection.scalar(OWN_PROCESS_ID) not in numbers
