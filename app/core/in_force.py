"""Rules for whether a row with a first day (`from_on`) and a last day (`until_on`) is in force.

Both days are included, in every table. `until_on` is None while the row is open. A row whose last
day is before its first was never in force.
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
    """Return the SQL condition that the row is in force on the given day."""
    columns: Any = model
    return and_(columns.from_on <= on, not_over(model, on))


def not_over(model: type[_HasLastDay], on: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Return the SQL condition that the row's last day is not before the given day.

    Its first day may be later.
    """
    columns: Any = model
    return or_(columns.until_on.is_(None), columns.until_on >= on)


def is_in_force(row: _HasPeriod, on: date) -> bool:
    """Return whether a loaded row is in force on the given day."""
    return row.from_on <= on and not is_over(row, on)


def is_over(row: _HasLastDay, on: date) -> bool:
    """Return whether a row's last day is before the given day."""
    return row.until_on is not None and row.until_on < on
