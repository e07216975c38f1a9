"""Reconciles rows with a file: adds missing rows, changes different ones, removes unlisted ones.

A row that something uses is not removed. A row that is already right is not written. Rows with a
first and a last day (`reconcile_dated`) keep what they say about the days before a change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, TypeVar

from psycopg import errors as postgres
from sqlalchemy.exc import IntegrityError

from app.core.db import Base, db
from app.core.errors import Conflict
from app.core.in_force import is_over

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class Effect:
    """The days from which a load changes dated rows.

    `first_day` is the first day of the programme's history, used by the first load. Later loads
    change targets, bands, area sets and settings from `rules_from`, and all other dated rows from
    `loaded_on`, the day of loading. Both are None for the first load.
    """

    first_day: date
    loaded_on: date | None = None
    rules_from: date | None = None


class Reconciliation:
    """A load of a file, which counts the rows that it writes and removes unlisted rows at the end.

    `created`, `changed` and `removed` are numbers of rows. `effect` says from which day dated rows
    change. `has_rule_changes` is true if the load changed something from `effect.rules_from`.
    """

    def __init__(self, effect: Effect) -> None:
        self.effect = effect
        self.has_rule_changes = False
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

    def reconcile_dated(
        self,
        model: type[Row],
        existing: Mapping[Key, Sequence[Row]],
        wanted: Mapping[Key, Sequence[Mapping[str, Any]]],
        *,
        is_rule: bool,
    ) -> None:
        """Make the rows of `model` match `wanted` from the day of the change on. Flushes.

        Both map a key to its rows in order of `from_on`: at most one for each day. The values in
        `wanted` include from_on and until_on. What the rows say about earlier days is kept, except
        by the first load, which writes all days. `is_rule` selects the day in `effect`.
        """
        since = self.effect.rules_from if is_rule else self.effect.loaded_on
        before = (self.created, self.changed, self.removed)
        for key in [*wanted, *(key for key in existing if key not in wanted)]:
            self._reconcile_periods(
                model, existing.get(key, ()), _clip(wanted.get(key, ()), since), since or date.min
            )
        db.session.flush()
        if is_rule and since is not None:
            self.has_rule_changes |= before != (self.created, self.changed, self.removed)

    def _reconcile_periods(
        self,
        model: type[Row],
        rows: Sequence[Any],
        periods: Sequence[Mapping[str, Any]],
        since: date,
    ) -> None:
        """Make one key's rows match the periods, which do not begin before `since`."""
        current = next((r for r in rows if r.from_on < since and not is_over(r, since)), None)
        later = {row.from_on: row for row in rows if row.from_on >= since}
        todo = list(periods)
        if current is not None:
            end: date | None = since - timedelta(days=1)
            if todo and todo[0]["from_on"] == since and _has_values(current, todo[0]):
                end = todo.pop(0)["until_on"]
            self.changed += self._assign(current, {"until_on": end})
        for values in todo:
            row = later.pop(values["from_on"], None)
            if row is None:
                db.session.add(model(**values))
                self.created += 1
            else:
                self.changed += self._assign(row, values)
        for row in later.values():
            db.session.delete(row)
            self.removed += 1

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


def _clip(periods: Sequence[Mapping[str, Any]], since: date | None) -> list[Mapping[str, Any]]:
    """Return the periods without the days before `since`, and without those that are over."""
    if since is None:
        return list(periods)
    return [
        {**values, "from_on": max(values["from_on"], since)}
        for values in periods
        if values["until_on"] is None or values["until_on"] >= since
    ]


def _has_values(row: Base, values: Mapping[str, Any]) -> bool:
    """Return whether a row has these values, apart from its first and last day."""
    return all(
        getattr(row, name) == value
        for name, value in values.items()
        if name not in ("from_on", "until_on")
    )


def group_rows(rows: Iterable[Row], *names: str) -> dict[Any, list[Row]]:
    """Group dated rows by the values of these attributes, each group in order of `from_on`.

    The key is a single value, or a tuple if there are several names.
    """
    grouped: dict[Any, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=attrgetter("from_on")):
        key = tuple(getattr(row, name) for name in names)
        grouped[key if len(names) > 1 else key[0]].append(row)
    return grouped


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
