"""Keyset pages: the next page starts after the last row seen, whatever the table's size."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
PAGE_SIZE = 25


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows; `next` is the cursor of the page after, None at the end."""

    rows: Sequence[Row]
    next: str | None
    first: bool


def encode(key: Sequence[Any]) -> str:
    """A sort key as a cursor for the address."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def decode(cursor: str | None, parts: int) -> list[Any] | None:
    """The sort key in a cursor; None (the first page) for none, or for one tampered with."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return None
    return key if isinstance(key, list) and len(key) == parts else None


def page_of(
    rows: Sequence[Row],
    key: Callable[[Row], Sequence[Any]],
    cursor: str | None,
    size: int,
) -> Page[Row]:
    """A page from `size + 1` fetched rows."""
    more = len(rows) > size
    shown = rows[:size]
    return Page(shown, encode(key(shown[-1])) if more else None, first=not cursor)
