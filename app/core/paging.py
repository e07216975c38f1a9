"""Keyset pagination: each page starts after the last row of the previous page.

A cursor contains the sort key of that row. The key can include a person's name, and browsers and
proxies store URLs, so each cursor is encrypted and is only valid for one list. The cursor contains
the key and not the ID, because the row may be deleted or hidden from the reader before the next
page is requested.
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
    """A page of rows.

    `next` is the cursor of the next page, or None on the last page. `first` is True on the first
    page.
    """

    rows: Sequence[Row]
    next: str | None
    first: bool


@dataclass(frozen=True)
class Order:
    """The sort order of a list.

    `name` identifies the list. Cursors of other lists are not valid for it. `parts` has the type of
    each part of the sort key: str, int, date or datetime.
    """

    name: str
    parts: tuple[type, ...]

    def encode(self, key: Sequence[Any]) -> str:
        """Return the cursor for a sort key."""
        plain = [part.isoformat() if isinstance(part, date) else part for part in key]
        return encryption.encrypt(self._purpose, json.dumps(plain).encode()).rstrip("=")

    def decode(self, cursor: str | None) -> tuple[Any, ...] | None:
        """Return the sort key in a cursor.

        Returns None if there is no cursor or it is not valid for this list. The caller then shows
        the first page.
        """
        if not cursor or not cursor.isascii():
            return None
        content = encryption.decrypt(self._purpose, cursor + "=" * (-len(cursor) % 4))
        try:
            key = json.loads(content) if content is not None else None
            if not isinstance(key, list):
                return None
            return tuple(
                _convert_part(value, part) for value, part in zip(key, self.parts, strict=True)
            )
        except ValueError:
            return None

    def page(
        self,
        rows: Sequence[Row],
        key: Callable[[Row], Sequence[Any]],
        cursor: str | None,
        size: int = PAGE_SIZE,
    ) -> Page[Row]:
        """Return a page from `rows`, which holds up to `size + 1` rows after the cursor.

        `key` takes a row and returns its sort key.
        """
        shown = rows[:size]
        following = self.encode(key(shown[-1])) if len(rows) > size else None
        return Page(shown, following, first=self.decode(cursor) is None)

    @property
    def _purpose(self) -> str:
        return f"cursor:{self.name}"


def _convert_part(value: Any, part: type) -> Any:
    """Return a part of a sort key, converted to its type.

    Raises ValueError if it cannot be converted. A cursor from an earlier version of the site can
    have other types.
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
        return _parse_instant(value)
    return value


def _parse_instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found
