"""Restore rows to their values before a merge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, delete, text

from app.applications.queries.snapshots import Row, rows_by_id
from app.core.db import db
from app.people.models import ContactPoint


def restore_row(table_name: str, row: Row) -> None:
    """Insert a deleted row with its former ID."""
    names = ", ".join(
        f'"{name}"' for name in _writable_columns(db.metadata.tables[table_name], row)
    )
    _execute(
        f'INSERT INTO "{table_name}" ({names}) OVERRIDING SYSTEM VALUE'  # noqa: S608  # our tables
        f' SELECT {names} FROM jsonb_populate_record(NULL::"{table_name}", CAST(:row AS jsonb))',
        row=row,
    )


def restore_values(table_name: str, row_id: int, before: Row) -> None:
    """Set columns of a row to their former values."""
    for name in _writable_columns(db.metadata.tables[table_name], before):
        _execute(
            f'UPDATE "{table_name}" SET "{name}" = (SELECT "{name}" FROM'  # noqa: S608  # our tables
            f' jsonb_populate_record(NULL::"{table_name}", CAST(:row AS jsonb))) WHERE id = :id',
            row=before,
            id=row_id,
        )


def remove_row(table_name: str, row_id: int) -> None:
    """Delete a row that was added."""
    table = db.metadata.tables[table_name]
    db.session.execute(delete(table).where(table.c.id == row_id))


def restore_contact_point(row: Row) -> int:
    """Return the ID of a contact point with these values. Insert it if it does not exist."""
    existing_id = (
        db.session.query(ContactPoint.id).filter_by(kind=row["kind"], value=row["value"]).scalar()
    )
    if existing_id is None:
        restore_row(ContactPoint.__tablename__, row)
    return int(existing_id or row["id"])


def _writable_columns(table: Table, names: Sequence[str] | Row) -> list[str]:
    """Return the names of columns that can be written. Generated columns cannot."""
    return [name for name in names if name in table.c and table.c[name].computed is None]


def _execute(statement: str, *, row: Row, **more: Any) -> None:
    db.session.execute(text(statement), {"row": json.dumps(row), **more})


__all__ = ["restore_values", "remove_row", "restore_row", "restore_contact_point", "rows_by_id"]
