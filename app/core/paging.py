"""Keyset pagination: a page starts after the last row of the previous one, however long the table.

A cursor holds the sort key of that row. The key may be a person's name, and cursors are part of
URLs, which browsers and proxies store. So each cursor is encrypted, for one list only. It holds the
key and not the row's number, because the row may have been deleted or hidden from the reader by the
time the next page is requested.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from app.core import encryption

Row = TypeVar("Row")
PAGE_SIZE = 25
_LARGEST = 2**63 - 1  # the highest id in PostgreSQL


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows. `next` is the cursor of the following page, or None on the last one."""

    rows: Sequence[Row]
    next: str | None
    first: bool


@dataclass(frozen=True)
class Order:
    """The order of one list.

    `name` identifies the list, and no other list accepts its cursors. `parts` are the types of the
    sort key's parts: str, int, date, or datetime for an instant.
    """

    name: str
    parts: tuple[type, ...]

    def encode(self, key: Sequence[Any]) -> str:
        """Return a sort key as a cursor for a URL."""
        plain = [part.isoformat() if isinstance(part, date) else part for part in key]
        return encryption.encrypt(self._purpose, json.dumps(plain).encode()).rstrip("=")

    def decode(self, cursor: str | None) -> tuple[Any, ...] | None:
        """Return the sort key in a cursor.

        Returns None, which means the first page, if there is no cursor or it is not valid for this
        list.
        """
        if not cursor or not cursor.isascii():
            return None
        content = encryption.decrypt(self._purpose, cursor + "=" * (-len(cursor) % 4))
        try:
            key = json.loads(content) if content is not None else None
            if not isinstance(key, list):
                return None
            return tuple(_typed(value, part) for value, part in zip(key, self.parts, strict=True))
        except ValueError:
            return None

    def page(
        self,
        rows: Sequence[Row],
        key: Callable[[Row], Sequence[Any]],
        cursor: str | None,
        size: int = PAGE_SIZE,
    ) -> Page[Row]:
        """Return a page made from up to `size + 1` rows, fetched after the key in `cursor`."""
        shown = rows[:size]
        following = self.encode(key(shown[-1])) if len(rows) > size else None
        return Page(shown, following, first=self.decode(cursor) is None)

    @property
    def _purpose(self) -> str:
        return f"cursor:{self.name}"


def _typed(value: Any, part: type) -> Any:
    """Return a part of a key as its type.

    Raises ValueError for any other type, because a cursor of an earlier version may have other
    parts.
    """
    if part is int:
        if type(value) is int and abs(value) <= _LARGEST:
            return value
        raise ValueError(value)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(value)
    if part is date:
        return date.fromisoformat(value)
    if part is datetime:
        return _instant(value)
    return value


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found
