"""Read all rows that belong to two people, to find out what merging them changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, func, or_, select

from app.core.db import db

Row = dict[str, Any]
Snapshot = dict[str, dict[int, Row]]  # table name → row id → row as JSON
# Rows that merging may change without referring to a person: (table, column, table whose rows name
# them, column there).
_LINKED = (
    ("users", "id", "people", "user_id"),
    ("role_grants", "user_id", "people", "user_id"),
    ("contact_points", "id", "person_contacts", "contact_point_id"),
    ("adjustments", "certificate_id", "certificates", "id"),
    ("bookings", "id", "attendees", "booking_id"),
)


@dataclass(frozen=True)
class Extent:
    """Which rows belong to the two people: the people, and values of linked columns by table."""

    person_ids: tuple[int, ...]
    linked: dict[str, tuple[int, ...]]


def tables_referring_to_people() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Yield each table of any room with its columns that refer to a person."""
    for table in db.metadata.sorted_tables:
        found = [column for column in table.columns if _refers_to_person(column)]
        if found:
            yield table, found


def _refers_to_person(column: Column[Any]) -> bool:
    keys = column.foreign_keys
    return column.name == "person_id" or any(k.target_fullname == "people.id" for k in keys)


def find_extent(person_ids: Collection[int]) -> Extent:
    """Return which rows belong to these people now."""
    ids = tuple(sorted(person_ids))
    rows = _rows_of_people(ids)
    linked = {}
    for table, _column, source, key in _LINKED:
        values = {row[key] for row in rows.get(source, {}).values() if row[key] is not None}
        linked[table] = tuple(sorted(values))
    return Extent(ids, linked)


def read_rows(extent: Extent) -> Snapshot:
    """Return the rows of an extent as they are now."""
    db.session.flush()
    found = _rows_of_people(extent.person_ids)
    for name, column, _source, _key in _LINKED:
        table = db.metadata.tables[name]
        found[name] = _select_rows(table, table.c[column].in_(extent.linked[name]))
    return found


def _rows_of_people(ids: tuple[int, ...]) -> Snapshot:
    people = db.metadata.tables["people"]
    found = {"people": _select_rows(people, people.c.id.in_(ids))}
    for table, columns in tables_referring_to_people():
        found[table.name] = _select_rows(table, or_(*(column.in_(ids) for column in columns)))
    return found


def rows_by_id(table_name: str, ids: Collection[int]) -> dict[int, Row]:
    """Return the rows with these ids, as JSON."""
    table = db.metadata.tables[table_name]
    return _select_rows(table, table.c.id.in_(sorted(ids)))


def _select_rows(table: Table, condition: Any) -> dict[int, Row]:
    rows = db.session.execute(
        select(table.c.id, func.to_jsonb(table.table_valued())).where(condition)
    )
    return {number: row for number, row in rows}
