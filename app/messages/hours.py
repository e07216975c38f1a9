"""Quiet hours: letters that can wait are sent between 8am and 8pm in London."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from app.core.clock import LONDON, london

OPENS = time(8)
CLOSES = time(20)


def is_open(instant: datetime) -> bool:
    """Return whether a letter that can wait may be sent at `instant` (aware)."""
    return OPENS <= instant.astimezone(LONDON).time() < CLOSES


def next_open(instant: datetime) -> datetime:
    """Return `instant` if it is within the hours, otherwise the next 8am in London, in UTC.

    It is computed from civil dates, so that it is right in the nights when the clocks change.
    """
    if is_open(instant):
        return instant
    here = instant.astimezone(LONDON)
    day = here.date() if here.time() < OPENS else here.date() + timedelta(days=1)
    return london(day, OPENS)
