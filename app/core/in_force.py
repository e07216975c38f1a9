"""Rules for rows that are in force from a first day (`from_on`) to a last day (`until_on`).

Both days are included. `until_on` is None if the row has no last day. A row whose last day is
before its first day was never in force.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, or_


class _HasLastDay(Protocol):
    """A row that may have a last day."""

    @property
    def until_on(self) -> date | None: ...


class _HasPeriod(_HasLastDay, Protocol):
    """A row with a first day that may have a last day."""

    @property
    def from_on(self) -> date: ...


def in_force(model: type[_HasPeriod], on: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Return the SQL condition for rows that are in force on a given day."""
    columns: Any = model
    return and_(columns.from_on <= on, is_current_or_future(model, on))


def is_current_or_future(
    model: type[_HasLastDay], on: date | ColumnElement[date]
) -> ColumnElement[bool]:
    """Return the SQL condition for rows that have not ended before a given day.

    Rows that start after that day are included.
    """
    columns: Any = model
    return or_(columns.until_on.is_(None), columns.until_on >= on)


def is_in_force(row: _HasPeriod, on: date) -> bool:
    """Return whether a row is in force on a given day."""
    return row.from_on <= on and not is_over(row, on)


def is_over(row: _HasLastDay, on: date) -> bool:
    """Return whether a row ended before a given day."""
    return row.until_on is not None and row.until_on < on
