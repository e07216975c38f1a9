"""Session times and course types."""

from __future__ import annotations

from datetime import date, time

import pytest

from app.core import clock
from app.courses.forms.running import count_sessions
from app.courses.types import SessionTimes, TypeFacts

DAY = date(2027, 3, 27)


def between(begin: int, end: int) -> SessionTimes:
    return SessionTimes(
        clock.london_instant(DAY, time(begin)), clock.london_instant(DAY, time(end))
    )


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [((12, 14), False), ((8, 9), False), ((11, 12), True), ((8, 10), True), ((8, 14), True)],
)
def test_adjacent_sessions_do_not_overlap(other: tuple[int, int], overlaps: bool) -> None:
    ours = between(9, 12)
    assert ours.overlaps(between(*other)) is overlaps
    assert between(*other).overlaps(ours) is overlaps


@pytest.mark.parametrize(("days", "sessions"), [(0.5, 1), (1, 1), (1.5, 2), (2, 2), (2.5, 3)])
def test_half_a_day_counts_as_one_day(days: float, sessions: int) -> None:
    kind = TypeFacts(1, "x", "X", "", days, None, 8, 16, 4, None, None, None, None, False)
    assert count_sessions(kind) == sessions
