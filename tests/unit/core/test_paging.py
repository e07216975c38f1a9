"""Keyset cursors survive the address, and a tampered one is only the first page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core import paging


@given(st.tuples(st.text(), st.integers()))
def test_a_cursor_comes_back_as_it_went(key: tuple[str, int]) -> None:
    assert paging.decode(paging.encode(key), 2) == list(key)


@given(st.text())
def test_rubbish_is_the_first_page(cursor: str) -> None:
    assert paging.decode(cursor, 7) is None


def test_the_last_page_has_no_next() -> None:
    rows = [("a", 1), ("b", 2), ("c", 3)]
    page = paging.page_of(rows, lambda row: row, None, 2)
    assert list(page.rows) == rows[:2]
    assert paging.decode(page.next, 2) == ["b", 2]
    assert paging.page_of(rows[2:], lambda row: row, page.next, 2).next is None
