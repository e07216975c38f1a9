"""Quiet hours, including the nights when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import LONDON, london_instant
from app.messages.hours import is_open, next_opening

WINTER = date(2027, 1, 20)
SPRING_FORWARD = date(2027, 3, 28)  # 01:00 GMT becomes 02:00 BST
FALL_BACK = date(2026, 10, 25)  # 02:00 BST becomes 01:00 GMT


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (london_instant(WINTER, time(7, 59)), london_instant(WINTER, time(8))),
        (london_instant(WINTER, time(8)), london_instant(WINTER, time(8))),
        (london_instant(WINTER, time(19, 59)), london_instant(WINTER, time(19, 59))),
        (london_instant(WINTER, time(20)), london_instant(date(2027, 1, 21), time(8))),
        (london_instant(WINTER, time(0)), london_instant(WINTER, time(8))),
        # 07:30 UTC is 08:30 in London from the end of March on
        (datetime(2027, 3, 29, 7, 30, tzinfo=UTC), datetime(2027, 3, 29, 7, 30, tzinfo=UTC)),
        # the night before the clocks go forward: eleven hours of quiet, not twelve
        (london_instant(date(2027, 3, 27), time(20)), datetime(2027, 3, 28, 7, 0, tzinfo=UTC)),
        (london_instant(SPRING_FORWARD, time(3)), datetime(2027, 3, 28, 7, 0, tzinfo=UTC)),
        # the night before the clocks go back: thirteen hours of quiet, not twelve
        (london_instant(date(2026, 10, 24), time(20)), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),
        (london_instant(FALL_BACK, time(1, 30)), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_letter_that_can_wait_is_sent_when_the_hours_open(at: datetime, opens: datetime) -> None:
    assert next_opening(at) == opens


@given(st.integers(946_684_800, 4_102_444_800).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_the_next_opening_is_open_and_never_in_the_past(at: datetime) -> None:
    opens = next_opening(at)
    assert opens >= at
    assert is_open(opens)
    assert opens == at or opens.astimezone(LONDON).time() == time(8)
    assert next_opening(opens) == opens
