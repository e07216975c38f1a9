"""The only module that reads the system time.

Instants are timezone-aware and in UTC. Dates (of certificates, courses and targets) are dates in
Europe/London. A rule that depends on a date takes the date as an argument. A service that records
the current time calls this module. Tests and the demonstration set the time with `frozen`. A drill
moves the clock of running processes with the file that DRILL_CLOCK names. The file contains a
number of seconds. In production, the application does not start if this variable is set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
DRILL_CLOCK = os.environ.get("DRILL_CLOCK", "")
_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """Return the current time in UTC."""
    return _frozen.get() or datetime.now(UTC) + _clock_offset()


def _clock_offset() -> timedelta:
    """Return how far a drill has moved this process's clock."""
    return timedelta(seconds=float(Path(DRILL_CLOCK).read_text())) if DRILL_CLOCK else timedelta(0)


def today() -> date:
    """Return today's date in Europe/London."""
    return now().astimezone(LONDON).date()


def london_instant(day: date, at: time = time(0, 0)) -> datetime:
    """Return a date and time in London as a datetime in UTC."""
    return datetime.combine(day, at, tzinfo=LONDON).astimezone(UTC)


def london_day(instant: datetime) -> date:
    """Return the date in London at the given time."""
    return instant.astimezone(LONDON).date()


def start_of_day(day: date) -> datetime:
    """Return the instant when a day in London starts, in UTC."""
    return london_instant(day)


def end_of_day(day: date) -> datetime:
    """Return the instant when the next day starts in London, in UTC.

    `instant < end_of_day(day)` means "on or before that day".
    """
    return london_instant(day + timedelta(days=1))


@contextmanager
def frozen(at: datetime | date) -> Iterator[datetime]:
    """Stop the clock at an instant, or at 9am in London on a date.

    Used by tests, by the demonstration and by commands with `--on`. Raises ValueError if a datetime
    has no timezone.
    """
    instant = at if isinstance(at, datetime) else london_instant(at, time(9, 0))
    if instant.tzinfo is None:
        raise ValueError("The clock needs a timezone-aware datetime.")
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield instant
    finally:
        _frozen.reset(token)
