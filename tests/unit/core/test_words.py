"""How dates, numbers and lists are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.core import words


def test_dates_are_written_as_people_write_them() -> None:
    assert words.long_date(date(2027, 3, 27)) == "27 March 2027"
    assert words.weekday_date(date(2027, 3, 27)) == "Saturday 27 March 2027"
    assert words.month_year(date(2027, 3, 1)) == "March 2027"
    assert words.long_date(None) == ""


@pytest.mark.parametrize(
    ("hour", "minute", "reads"),
    [(8, 30, "9:30am"), (23, 0, "12am"), (11, 0, "12pm"), (12, 5, "1:05pm")],
)
def test_times_are_in_london_time_in_summer(hour: int, minute: int, reads: str) -> None:
    at = datetime(2027, 7, 1, hour, minute, tzinfo=UTC)
    assert words.short_time(at) == reads


def test_lists_read_as_sentences() -> None:
    assert words.join_list([]) == ""
    assert words.join_list(["one"]) == "one"
    assert words.join_list(["one", "two", "three"]) == "one, two and three"
    assert words.join_list(["one", "two", "three"], style="or") == "one, two or three"


@pytest.mark.parametrize(
    ("typed", "markup"),
    [
        ("giles@farm.example", "giles<wbr>@farm<wbr>.example"),
        ("a.b@c.d (first)", "a<wbr>.b<wbr>@c<wbr>.d (first)"),
        ("1.5 km from Dereham.", "1.5 km from Dereham."),
        ("<b>@x.example", "&lt;b&gt;<wbr>@x<wbr>.example"),
        ("", ""),
    ],
)
def test_email_addresses_break_across_lines_at_a_dot_or_at_sign(typed: str, markup: str) -> None:
    assert str(words.allow_line_breaks(typed)) == markup
