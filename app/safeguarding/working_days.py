"""Calculations with working days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from app.core import clock

SATURDAY = 5


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    """Return whether the day is a working day: not at a weekend and not a bank holiday."""
    return day.weekday() < SATURDAY and day not in holidays


def add_working_days(start: datetime, days: int, holidays: Collection[date]) -> datetime:
    """Return the time ``days`` working days after ``start``, at the same time of day in London.

    If ``start`` is not on a working day, count from the beginning of the next working day.
    """
    local = start.astimezone(clock.LONDON)
    day, at = local.date(), local.time()
    if not is_working_day(day, holidays):
        day, at = _next_working_day(day, holidays), time(0)
    for _ in range(days):
        day = _next_working_day(day, holidays)
    return datetime.combine(day, at, tzinfo=clock.LONDON)


def _next_working_day(day: date, holidays: Collection[date]) -> date:
    day += timedelta(days=1)
    while not is_working_day(day, holidays):
        day += timedelta(days=1)
    return day
