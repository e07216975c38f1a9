"""The migration to general answers does not change what readers can see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app.core.db import db
from config import ROOT
from tests.databases import migrated_to

HERE = str(ROOT / "migrations")
NETWORKS = """
INSERT INTO networks (id, slug, name, description, sensitive, position, from_on) VALUES
    (1, 'open', 'Open', '', false, 1, '2020-01-01'),
    (2, 'hidden', 'Hidden', '', true, 2, '2020-01-01')
"""
PEOPLE = """
INSERT INTO people (id, full_name, interest, source, registered_at, approved_at, reach_km)
SELECT number, 'Person ' || number, 'champion', 'self', at, at, 15
FROM generate_series(1, 7) AS number, (VALUES (timestamptz '2024-06-30 23:30+00')) AS moment(at)
"""
# Networks of each person: 1 none; 2 open; 3 hidden; 4 both; 5 left the hidden one; 6 hidden, and
# left the open one; 7 hidden, and leaves the open one tomorrow.
MEMBERSHIPS = """
INSERT INTO memberships (person_id, network_id, from_on, until_on) VALUES
    (2, 1, '2024-07-01', NULL),
    (3, 2, '2024-07-01', NULL),
    (4, 1, '2024-07-01', NULL),
    (4, 2, '2024-07-01', NULL),
    (5, 2, '2024-07-01', '2025-01-01'),
    (6, 1, '2024-07-01', '2025-01-01'),
    (6, 2, '2024-07-01', NULL),
    (7, 1, '2024-07-01', CURRENT_DATE + 1),
    (7, 2, '2024-07-01', NULL)
"""


@pytest.fixture
def old_app(worker_id: str) -> Iterator[Flask]:
    """The application on a database from before the migration, with people."""
    with migrated_to("0017", f"champion_general_{worker_id}") as app:
        with db.engine.begin() as connection:
            for statement in (NETWORKS, PEOPLE, MEMBERSHIPS):
                connection.execute(text(statement))
        yield app


def rows(statement: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_hidden_people_are_not_general_and_all_others_are(old_app: Flask) -> None:
    upgrade(directory=HERE, revision="0018")
    found = rows("SELECT person_id, general, from_on, until_on FROM general_answers ORDER BY 1")
    since = date(2024, 7, 1)  # in London
    assert found == [
        (1, True, since, None),
        (2, True, since, None),
        (3, False, since, None),
        (4, True, since, None),
        (5, False, since, None),
        (6, False, since, None),
        (7, True, since, None),
    ]
