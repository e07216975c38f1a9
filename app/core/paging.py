"""Keyset pages: the next page starts after the last row seen, whatever the table's size.

A cursor holds the sort key of that row, which may be a person's name, and travels in addresses:
browsers and proxies keep those. So it is encrypted, for its list alone. It holds the key, not
the row's number, which could not be looked up once the row is gone or may no longer be read.
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
_LARGEST = 2**63 - 1  # a number that PostgreSQL takes for an id


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows; `next` is the cursor of the page after, None at the end."""

    rows: Sequence[Row]
    next: str | None
    first: bool


@dataclass(frozen=True)
class Order:
    """The order of one list. name: the list's, no other takes its cursors; parts: the types of the
    sort key, of str, int, date and datetime (an instant).
    """

    name: str
    parts: tuple[type, ...]

    def encode(self, key: Sequence[Any]) -> str:
        """A sort key as a cursor for the address."""
        plain = [part.isoformat() if isinstance(part, date) else part for part in key]
        return encryption.encrypt(self._purpose, json.dumps(plain).encode()).rstrip("=")

    def decode(self, cursor: str | None) -> tuple[Any, ...] | None:
        """The sort key in a cursor; None (the first page) for none, or for one that is not ours."""
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
        """A page from `size + 1` rows, fetched after what `cursor` decodes to."""
        shown = rows[:size]
        following = self.encode(key(shown[-1])) if len(rows) > size else None
        return Page(shown, following, first=self.decode(cursor) is None)

    @property
    def _purpose(self) -> str:
        return f"cursor:{self.name}"


def _typed(value: Any, part: type) -> Any:
    """A part of a key as its type; raises ValueError. A cursor of an earlier version may have had
    other parts.
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
