"""Fixtures for the project's own rules, which are checked on the real application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.db import db
from tests.databases import application, clone


@pytest.fixture(scope="session")
def database(worker_id: str) -> Iterator[str]:
    """A database with the programme loaded."""
    with clone(f"guards_{worker_id}") as name:
        yield name


@pytest.fixture(scope="session")
def app(database: str) -> Iterator[Flask]:
    """The application."""
    site = application(database)
    yield site
    with site.app_context():
        db.engine.dispose()
