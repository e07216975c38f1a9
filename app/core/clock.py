"""The time: the only module that reads the system clock.

Instants are timezone-aware UTC. Civil dates (certificates, courses, targets) are those of
Europe/London. Rules that decide about a date take it as an argument. Services that write
the present moment ask this module, and tests and the demonstration set it with `frozen`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """This instant, UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """The civil date in Europe/London."""
    return now().astimezone(LONDON).date()


def london(day: date, at: time = time(0, 0)) -> datetime:
    """The instant (UTC) at which London's clocks show `at` on `day`."""
    return datetime.combine(day, at, tzinfo=LONDON).astimezone(UTC)


def london_day(instant: datetime) -> date:
    """The civil date in London at `instant`."""
    return instant.astimezone(LONDON).date()


def start_of(day: date) -> datetime:
    """The first instant of `day` in London, in UTC."""
    return london(day)


def end_of(day: date) -> datetime:
    """The first instant after `day` in London, in UTC: `instant < end_of(day)` is "by that day"."""
    return london(day + timedelta(days=1))


@contextmanager
def frozen(at: datetime | date) -> Iterator[datetime]:
    """Hold the clock still: for tests, for history in the demo, and for runs `--on` a date."""
    instant = at if isinstance(at, datetime) else london(at, time(9, 0))
    if instant.tzinfo is None:
        raise ValueError("The clock takes aware instants only.")
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield instant
    finally:
        _frozen.reset(token)
