"""Quiet hours. Letters that can wait are sent between 8am and 8pm in London."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from app.core.clock import LONDON, london_instant

OPENS = time(8)
CLOSES = time(20)


def is_open(instant: datetime) -> bool:
    """Return whether letters that can wait may be sent at `instant`, an aware datetime."""
    return OPENS <= instant.astimezone(LONDON).time() < CLOSES


def next_opening(instant: datetime) -> datetime:
    """Return `instant` if letters can be sent then, or else the next 8am in London, in UTC."""
    if is_open(instant):
        return instant
    here = instant.astimezone(LONDON)
    day = here.date() if here.time() < OPENS else here.date() + timedelta(days=1)
    return london_instant(day, OPENS)
