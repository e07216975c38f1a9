"""Reconciles rows with a file: adds missing rows, changes different ones, removes unlisted ones.

A row that something uses is not removed. A row that is already right is not written.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from psycopg import errors as postgres
from sqlalchemy.exc import IntegrityError

from app.core.db import Base, db
from app.core.errors import Conflict

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row", bound=Base)


class Reconciliation:
    """A load of a file, which counts the rows that it writes and removes unlisted rows at the end.

    `created`, `changed` and `removed` are numbers of rows.
    """

    def __init__(self) -> None:
        self.created = 0
        self.changed = 0
        self.removed = 0
        self._removals: list[tuple[str, str, Base, bool]] = []

    @property
    def has_changes(self) -> bool:
        """Return whether the load changed any row."""
        return bool(self.created or self.changed or self.removed)

    def reconcile(
        self,
        model: type[Row],
        existing: Mapping[Key, Row],
        wanted: Mapping[Key, Mapping[str, Any]],
        *,
        part: str,
        can_close: bool = False,
    ) -> dict[Key, Row]:
        """Make rows of `model` match `wanted` (key → column values).

        Returns the wanted rows. Flushes. `part` is the key of the file they come from, used in the
        message when a row cannot be removed. `can_close` says whether the file can close such a row
        with until_on instead.
        """
        rows: dict[Key, Row] = {}
        for key, values in wanted.items():
            row = existing.get(key)
            if row is None:
                row = model(**values)
                db.session.add(row)
                self.created += 1
            elif self._assign(row, values):
                self.changed += 1
            rows[key] = row
        db.session.flush()
        for key, row in existing.items():
            if key not in wanted:
                self._removals.append((part, _label(row), row, can_close))
        return rows

    def finish(self) -> None:
        """Remove unlisted rows, in reverse order of registration.

        Raises Conflict with the reason if one of them is in use.
        """
        while self._removals:
            part, label, row, can_close = self._removals.pop()
            try:
                with db.session.begin_nested():
                    db.session.delete(row)
            except IntegrityError as error:
                raise Conflict(_in_use(part, label, error, can_close)) from error
            self.removed += 1

    @staticmethod
    def _assign(row: Base, values: Mapping[str, Any]) -> bool:
        different = [name for name, value in values.items() if getattr(row, name) != value]
        for name in different:
            setattr(row, name, values[name])
        return bool(different)


def _label(row: Base) -> str:
    for name in ("slug", "code", "name", "from_on"):
        value = getattr(row, name, None)
        if value is not None:
            return str(value)
    return "an entry"


def _in_use(part: str, label: str, error: IntegrityError, can_close: bool) -> str:
    """Return the error for a row in use.

    An example is “networks: “yana” cannot be removed, because memberships still use it.”
    """
    original = error.orig
    table = original.diag.table_name if isinstance(original, postgres.IntegrityError) else None
    users = (table or "other records").replace("_", " ")
    advice = " Close it with until_on instead." if can_close else ""
    return f"{part}: “{label}” cannot be removed, because {users} still use it.{advice}"
