"""When a number of working days is over. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from app.core import clock

SATURDAY = 5


def is_working(day: date, holidays: Collection[date]) -> bool:
    """Whether people are at work: neither a weekend nor a bank holiday."""
    return day.weekday() < SATURDAY and day not in holidays


def after(start: datetime, days: int, holidays: Collection[date]) -> datetime:
    """The instant `days` working days after `start`, at the same time of day in London.

    What starts on a day off starts when that day and those off after it are over.
    """
    local = start.astimezone(clock.LONDON)
    day, at = local.date(), local.time()
    if not is_working(day, holidays):
        day, at = _next(day, holidays), time(0)
    for _ in range(days):
        day = _next(day, holidays)
    return datetime.combine(day, at, tzinfo=clock.LONDON)


def _next(day: date, holidays: Collection[date]) -> date:
    day += timedelta(days=1)
    while not is_working(day, holidays):
        day += timedelta(days=1)
    return day
