"""Read all rows that belong to two people, to find the changes made by a merge."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, func, or_, select

from app.core.db import db

Row = dict[str, Any]
Snapshot = dict[str, dict[int, Row]]  # table name → row id → row as JSON
# Tables without a reference to a person that a merge may change: (table, column, referring table,
# column of the referring table).
_LINKED = (
    ("users", "id", "people", "user_id"),
    ("role_grants", "user_id", "people", "user_id"),
    ("contact_points", "id", "person_contacts", "contact_point_id"),
    ("adjustments", "certificate_id", "certificates", "id"),
    ("bookings", "id", "attendees", "booking_id"),
    ("attendances", "attendee_id", "attendees", "id"),
)


@dataclass(frozen=True)
class RowSelection:
    """The rows that belong to two people.

    ``linked`` contains the values of linked columns, by table.
    """

    person_ids: tuple[int, ...]
    linked: dict[str, tuple[int, ...]]


def tables_referring_to_people() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Yield each table that has columns that refer to a person, with these columns."""
    for table in db.metadata.sorted_tables:
        found = [column for column in table.columns if _refers_to_person(column)]
        if found:
            yield table, found


def _refers_to_person(column: Column[Any]) -> bool:
    keys = column.foreign_keys
    return column.name == "person_id" or any(k.target_fullname == "people.id" for k in keys)


def select_rows_of_people(person_ids: Collection[int]) -> RowSelection:
    """Return the rows that currently belong to these people."""
    ids = tuple(sorted(person_ids))
    rows = _rows_of_people(ids)
    linked = {}
    for table, _column, source, key in _LINKED:
        values = {row[key] for row in rows.get(source, {}).values() if row[key] is not None}
        linked[table] = tuple(sorted(values))
    return RowSelection(ids, linked)


def read_rows(selection: RowSelection) -> Snapshot:
    """Return the current values of the rows."""
    db.session.flush()
    found = _rows_of_people(selection.person_ids)
    for name, column, _source, _key in _LINKED:
        table = db.metadata.tables[name]
        found[name] = _select_rows(table, table.c[column].in_(selection.linked[name]))
    return found


def _rows_of_people(ids: tuple[int, ...]) -> Snapshot:
    people = db.metadata.tables["people"]
    found = {"people": _select_rows(people, people.c.id.in_(ids))}
    for table, columns in tables_referring_to_people():
        found[table.name] = _select_rows(table, or_(*(column.in_(ids) for column in columns)))
    return found


def rows_by_id(table_name: str, ids: Collection[int]) -> dict[int, Row]:
    """Return the rows with these IDs as JSON, by ID."""
    table = db.metadata.tables[table_name]
    return _select_rows(table, table.c.id.in_(sorted(ids)))


def _select_rows(table: Table, condition: Any) -> dict[int, Row]:
    rows = db.session.execute(
        select(table.c.id, func.to_jsonb(table.table_valued())).where(condition)
    )
    return {number: row for number, row in rows}
