"""Instants are in UTC, and civil dates are dates in London."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from app.core import clock


def test_midnight_in_summer_is_an_hour_earlier_in_utc() -> None:
    assert clock.start_of_day(date(2027, 7, 1)) == datetime(2027, 6, 30, 23, tzinfo=UTC)
    assert clock.start_of_day(date(2027, 1, 1)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_day_of_an_instant_is_the_day_in_london() -> None:
    assert clock.london_day(datetime(2027, 6, 30, 23, 30, tzinfo=UTC)) == date(2027, 7, 1)
    assert clock.london_day(datetime(2027, 12, 31, 23, 30, tzinfo=UTC)) == date(2027, 12, 31)


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25)])
def test_a_day_when_the_clocks_change_is_shorter_or_longer(day: date, hours: int) -> None:
    length = clock.end_of_day(day) - clock.start_of_day(day)
    assert length.total_seconds() == hours * 3600


def test_the_clock_can_be_frozen() -> None:
    with clock.frozen(date(2027, 3, 27)):
        assert clock.today() == date(2027, 3, 27)
        assert clock.now() == clock.london_instant(date(2027, 3, 27), time(9))
    assert clock.now().year >= 2026


def test_a_naive_instant_is_refused() -> None:
    with (
        pytest.raises(ValueError, match="aware"),
        clock.frozen(datetime(2027, 3, 27)),  # noqa: DTZ001  # what is refused
    ):
        pass
