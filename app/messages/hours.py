"""Quiet hours: what can wait is sent between 08:00 and 20:00, as London's clocks show it. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from app.core.clock import LONDON, london

OPENS = time(8)
CLOSES = time(20)


def is_open(instant: datetime) -> bool:
    """Whether a message that can wait may go at `instant` (aware)."""
    return OPENS <= instant.astimezone(LONDON).time() < CLOSES


def next_open(instant: datetime) -> datetime:
    """`instant` itself inside the hours, else the next 08:00 in London; UTC.

    Reckoned on civil dates, so that the night in which the clocks change is as quiet as any other.
    """
    if is_open(instant):
        return instant
    here = instant.astimezone(LONDON)
    day = here.date() if here.time() < OPENS else here.date() + timedelta(days=1)
    return london(day, OPENS)
