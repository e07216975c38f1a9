"""The run of each morning, by worker and scheduler, and whether it was missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.core import clock, heartbeats
from app.core.actor import SYSTEM
from app.messages import hours
from app.reminders import service

MORNING_RUN = "morning run"


def run_if_due(now: datetime) -> dict[str, Any] | None:
    """Today's run, unless it is not 08:00 yet or it is done; what it did.

    That it is done is noted in the same transaction as what it does. A morning that was missed is
    made up for by the next run, which looks 30 days back.
    """
    on = clock.london_day(now)
    if now < clock.london(on, hours.OPENS) or _last_on() == on:
        return None
    result = service.run(SYSTEM, on)
    heartbeats.beat(MORNING_RUN, **{k: v for k, v in result.items() if k != "message_ids"})
    return result


def _last_on() -> date | None:
    last = heartbeats.last(MORNING_RUN)
    return date.fromisoformat(last.facts["on"]) if last and "on" in last.facts else None


@dataclass(frozen=True)
class Standing:
    """When the run was last done, and whether one was missed."""

    last: datetime | None
    missed: bool


def standing(now: datetime) -> Standing:
    """For the page: a run of today or, before 09:00, of yesterday is as it should be."""
    last = heartbeats.last(MORNING_RUN)
    if last is None:
        return Standing(None, missed=False)
    days = (clock.london_day(now) - (_last_on() or clock.london_day(last.at))).days
    before_nine = now < clock.london(clock.london_day(now), hours.OPENS.replace(hour=9))
    return Standing(last.at, missed=days > (1 if before_nine else 0))
