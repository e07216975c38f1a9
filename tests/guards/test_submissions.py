"""Forms are accepted once by `@once`, not by a column of the rows they add (decision 0036)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, MetaData, Table

from app.core.db import Base
from tests.guards.endpoints import application

# The key of a registration, before and after it is merged into another record.
KEPT = {"people", "joined_registrations"}


def with_submission(tables: Iterable[Table]) -> set[str]:
    """Tables with a column for the form that a row came from."""
    return {table.name for table in tables if "submission" in table.columns}


def test_no_other_table_remembers_the_form_it_came_from() -> None:
    application()
    assert with_submission(Base.metadata.sorted_tables) == KEPT


def test_the_guard_sees_such_a_column() -> None:
    planted = Table("bookings", MetaData(), Column("submission"))
    assert with_submission([planted]) == {"bookings"}
