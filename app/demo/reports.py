"""Plan a safeguarding report that nobody has opened yet."""

from __future__ import annotations

from datetime import time, timedelta

from app.core import clock
from app.demo.replay import Replay
from app.safeguarding import service
from app.safeguarding.types import NewReport

MESSAGE = NewReport(
    what="A boy on our street has slept in a shed since Sunday. His mother shouts at night.",
    about="A family near the church in Watton",
    reach=None,
)


def plan(replay: Replay) -> None:
    """Plan a safeguarding report on the day before the anchor."""
    at = clock.london_instant(replay.anchor - timedelta(days=1), time(16, 0))
    replay.plan_at(at, lambda: service.receive_report(MESSAGE))
