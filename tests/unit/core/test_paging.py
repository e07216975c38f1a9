"""Cursors reveal nothing. An altered cursor gives the first page."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.core import encryption
from app.core.paging import Order

BY_NAME = Order("people", (str, int))
BY_ALL = Order("everything", (datetime, date, str, int))
IDS = st.integers(-(2**63) + 1, 2**63 - 1)
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.fixture(autouse=True, scope="module")
def application() -> Iterator[None]:
    app = Flask("paging")
    app.config["SECRET_KEY"] = "a key for the tests of cursors, long enough"
    with app.app_context():
        yield


@given(st.tuples(st.datetimes(timezones=st.just(UTC)), st.dates(), NAMES, IDS))
def test_a_cursor_decodes_to_its_key(key: tuple[Any, ...]) -> None:
    assert BY_ALL.decode(BY_ALL.encode(key)) == key


@given(st.text())
def test_an_invalid_cursor_gives_the_first_page(cursor: str) -> None:
    assert BY_NAME.decode(cursor) is None


def test_a_forged_cursor_gives_the_first_page() -> None:
    for key in (["Ann", 1], ["\0", 1], ["Ann", "one"], ["Ann", 10**30], [None, None], ["Ann"]):
        plain = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
        assert BY_NAME.decode(plain) is None


@pytest.mark.parametrize(
    "content",
    ["", "null", "{}", '"Ann"', "[]", '["Ann"]', '["Ann", 1, 2]', "[1, 1]", '["Ann", true]']
    + ['["Ann", "1"]', '["Ann", null]', '["Ann", 1.5]', '["A\\u0000", 1]', f'["Ann", {10**30}]'],
)
def test_an_encrypted_cursor_of_another_form_gives_the_first_page(content: str) -> None:
    assert BY_NAME.decode(encryption.encrypt("cursor:people", content.encode())) is None


def test_an_instant_without_a_time_zone_is_not_valid() -> None:
    made = Order("made", (datetime, int))
    assert (
        made.decode(made.encode((datetime(2027, 1, 1, tzinfo=UTC).replace(tzinfo=None), 1))) is None
    )


def test_a_cursor_reveals_no_name_and_is_valid_for_one_list() -> None:
    cursor = BY_NAME.encode(("Ann Smith", 7))
    assert b"Ann" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert Order("organisations", (str, int)).decode(cursor) is None


def test_the_last_page_has_no_next() -> None:
    rows = [("a", 1), ("b", 2), ("c", 3)]
    page = BY_NAME.page(rows, lambda row: row, None, 2)
    assert list(page.rows) == rows[:2]
    assert page.first
    assert BY_NAME.decode(page.next) == ("b", 2)
    last = BY_NAME.page(rows[2:], lambda row: row, page.next, 2)
    assert (last.next, last.first) == (None, False)


def test_an_altered_cursor_gives_the_first_page() -> None:
    assert BY_NAME.page([("a", 1)], lambda row: row, "rubbish", 2).first
