"""Make rows match a file: add missing rows, change different rows and remove unlisted rows.

A row that is in use is not removed. A row that already matches is not written. When dated rows
change (`reconcile_dated`), their values for earlier days are kept.
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

    `first_day` is the first day of the programme's history. The first load changes all days. Later
    loads change targets, bands, area sets and settings from the day `rules_from`, and other dated
    rows from `loaded_on`, the day of the load. Both are None for the first load.
    """

    first_day: date
    loaded_on: date | None = None
    rules_from: date | None = None


class Reconciliation:
    """A load of a file. It counts the rows that it writes, and removes unlisted rows at the end.

    `created`, `changed` and `removed` are numbers of rows. `effect` has the days from which dated
    rows change. `has_rule_changes` is True if the load changed rows from the day
    `effect.rules_from`.
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
        desired: Mapping[Key, Mapping[str, Any]],
        *,
        part: str,
        can_close: bool = False,
    ) -> dict[Key, Row]:
        """Make the rows of `model` match `desired` (key → column values). Flushes.

        Returns the rows in `desired`. `part` is the name of their part of the file, used in the
        error message if a row cannot be removed. `can_close` is whether the user can end such a row
        by adding until_on to the file.
        """
        rows: dict[Key, Row] = {}
        for key, values in desired.items():
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
            if key not in desired:
                self._removals.append((part, _row_label(row), row, can_close))
        return rows

    def reconcile_dated(
        self,
        model: type[Row],
        existing: Mapping[Key, Sequence[Row]],
        desired: Mapping[Key, Sequence[Mapping[str, Any]]],
        *,
        is_rule: bool,
    ) -> None:
        """Make the rows of `model` match `desired`, starting from the day of the change. Flushes.

        `existing` and `desired` map each key to its rows, ordered by `from_on`. The values in
        `desired` include from_on and until_on. Values for earlier days are kept, except in the
        first load. Rows change from the day `effect.rules_from` if `is_rule` is True, and otherwise
        from `effect.loaded_on`.
        """
        since = self.effect.rules_from if is_rule else self.effect.loaded_on
        before = (self.created, self.changed, self.removed)
        for key in [*desired, *(key for key in existing if key not in desired)]:
            self._reconcile_periods(
                model,
                existing.get(key, ()),
                _clip_periods(desired.get(key, ()), since),
                since or date.min,
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
        """Make the rows of one key match its periods. No period starts before `since`."""
        current = next((r for r in rows if r.from_on < since and not is_over(r, since)), None)
        later = {row.from_on: row for row in rows if row.from_on >= since}
        remaining = list(periods)
        if current is not None:
            end: date | None = since - timedelta(days=1)
            if (
                remaining
                and remaining[0]["from_on"] == since
                and _has_values(current, remaining[0])
            ):
                end = remaining.pop(0)["until_on"]
            self.changed += self._assign(current, {"until_on": end})
        for values in remaining:
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
        """Remove unlisted rows, in the reverse of the order in which they were registered.

        Raises Conflict if one of them is in use.
        """
        while self._removals:
            part, label, row, can_close = self._removals.pop()
            try:
                with db.session.begin_nested():
                    db.session.delete(row)
            except IntegrityError as error:
                raise Conflict(_in_use_message(part, label, error, can_close)) from error
            self.removed += 1

    @staticmethod
    def _assign(row: Base, values: Mapping[str, Any]) -> bool:
        different = [name for name, value in values.items() if getattr(row, name) != value]
        for name in different:
            setattr(row, name, values[name])
        return bool(different)


def _clip_periods(
    periods: Sequence[Mapping[str, Any]], since: date | None
) -> list[Mapping[str, Any]]:
    """Return the periods that end on or after `since`, without the days before `since`."""
    if since is None:
        return list(periods)
    return [
        {**values, "from_on": max(values["from_on"], since)}
        for values in periods
        if values["until_on"] is None or values["until_on"] >= since
    ]


def _has_values(row: Base, values: Mapping[str, Any]) -> bool:
    """Return whether a row has these values, ignoring its first and last day."""
    return all(
        getattr(row, name) == value
        for name, value in values.items()
        if name not in ("from_on", "until_on")
    )


def group_rows(rows: Iterable[Row], *names: str) -> dict[Any, list[Row]]:
    """Group dated rows by the values of these attributes. Each group is ordered by `from_on`.

    The key is a single value if there is one name, and otherwise a tuple.
    """
    grouped: dict[Any, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=attrgetter("from_on")):
        key = tuple(getattr(row, name) for name in names)
        grouped[key if len(names) > 1 else key[0]].append(row)
    return grouped


def _row_label(row: Base) -> str:
    for name in ("slug", "code", "name", "from_on"):
        value = getattr(row, name, None)
        if value is not None:
            return str(value)
    return "an entry"


def _in_use_message(part: str, label: str, error: IntegrityError, can_close: bool) -> str:
    """Return the error message for a row that cannot be removed because it is in use.

    For example: “networks: “yana” cannot be removed, because memberships still use it.”
    """
    original = error.orig
    table = original.diag.table_name if isinstance(original, postgres.IntegrityError) else None
    users = (table or "other records").replace("_", " ")
    advice = " Close it with until_on instead." if can_close else ""
    return f"{part}: “{label}” cannot be removed, because {users} still use it.{advice}"
