"""Quiet hours. Letters that can wait are sent between 8am and 8pm in London."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from app.core.clock import LONDON, london_instant

OPENING_TIME = time(8)
CLOSING_TIME = time(20)


def is_open(instant: datetime) -> bool:
    """Return whether letters that can wait may be sent at `instant`, an aware datetime."""
    return OPENING_TIME <= instant.astimezone(LONDON).time() < CLOSING_TIME


def next_opening(instant: datetime) -> datetime:
    """Return `instant` if letters can be sent then, or else the next 8am in London, in UTC."""
    if is_open(instant):
        return instant
    local = instant.astimezone(LONDON)
    day = local.date() if local.time() < OPENING_TIME else local.date() + timedelta(days=1)
    return london_instant(day, OPENING_TIME)
