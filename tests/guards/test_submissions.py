"""`@once` ensures that a form is accepted once. No table needs a column for it (decision 0036)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, MetaData, Table

from app.core.db import Base
from tests.guards.endpoints import application

# The key of a registration, which is kept when the record is merged into another.
KEPT = {"people", "joined_registrations"}


def with_submission(tables: Iterable[Table]) -> set[str]:
    """Return the tables with a column for the form that created a row."""
    return {table.name for table in tables if "submission" in table.columns}


def test_no_other_table_records_the_form_of_its_rows() -> None:
    application()
    assert with_submission(Base.metadata.sorted_tables) == KEPT


def test_the_guard_finds_a_submission_column() -> None:
    planted = Table("bookings", MetaData(), Column("submission"))
    assert with_submission([planted]) == {"bookings"}
