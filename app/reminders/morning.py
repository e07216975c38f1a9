"""The daily morning run, and whether it was missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.core import clock, heartbeats
from app.core.actor import SYSTEM
from app.messages import hours
from app.reminders import service, yearly

MORNING_RUN = "morning run"


def run_if_due(now: datetime) -> dict[str, Any] | None:
    """Run today's reminders and return the result, or None if they are not due.

    They are due once a day, from 08:00. The run is recorded in the same transaction. A run also
    sends reminders that earlier runs missed in the last 30 days.
    """
    on = clock.london_day(now)
    if now < clock.london_instant(on, hours.OPENING_TIME) or _last_run_day() == on:
        return None
    result = service.run(SYSTEM, on) | yearly.ask_people(SYSTEM, on)
    heartbeats.record_heartbeat(
        MORNING_RUN, **{k: v for k, v in result.items() if k != "message_ids"}
    )
    return result


def _last_run_day() -> date | None:
    last = heartbeats.last_heartbeat(MORNING_RUN)
    return date.fromisoformat(last.facts["on"]) if last and "on" in last.facts else None


@dataclass(frozen=True)
class MorningRunStatus:
    """The time of the last morning run, and whether one was missed."""

    last: datetime | None
    missed: bool


def status(now: datetime) -> MorningRunStatus:
    """Return the status of the morning run.

    Before 09:00, it is enough if the run happened yesterday. After that, it must have happened
    today.
    """
    last = heartbeats.last_heartbeat(MORNING_RUN)
    if last is None:
        return MorningRunStatus(None, missed=False)
    days = (clock.london_day(now) - (_last_run_day() or clock.london_day(last.at))).days
    before_nine = now < clock.london_instant(
        clock.london_day(now), hours.OPENING_TIME.replace(hour=9)
    )
    return MorningRunStatus(last.at, missed=days > (1 if before_nine else 0))
