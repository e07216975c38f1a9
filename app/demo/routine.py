"""Plan the scheduled work: reminders, and the publication of monthly figures."""

from __future__ import annotations

from datetime import time, timedelta

from dateutil.relativedelta import relativedelta

from app.core import clock
from app.core.actor import SYSTEM
from app.coverage import service as coverage
from app.demo.people import HISTORY
from app.demo.replay import Replay
from app.reminders import service as reminders

EARLY_GAP = 42  # days between early reminder runs; each run catches up on missed days
RECENT_GAP = 7
RECENT_FROM = -70
PUBLISHED_MONTHS = 9


def plan(replay: Replay) -> None:
    """Plan the reminder runs and the monthly publication of figures."""
    days = [*range(-HISTORY + 60, RECENT_FROM, EARLY_GAP), *range(RECENT_FROM, -1, RECENT_GAP), -1]
    for day in days:
        replay.plan_on_day(day, time(8), _send_reminders)
    month = (replay.anchor - timedelta(days=1)).replace(day=1)
    for _ in range(PUBLISHED_MONTHS):
        replay.plan_at(clock.london_instant(month, time(3, 10)), _publish_figures)
        month -= relativedelta(months=1)


def _send_reminders() -> None:
    reminders.run(SYSTEM, clock.today())


def _publish_figures() -> None:
    coverage.freeze(clock.today())
