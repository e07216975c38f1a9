"""What the programme did by itself all along: reminders, and the numbers of each month."""

from __future__ import annotations

from datetime import time as at
from datetime import timedelta
from functools import partial

from app.core import clock
from app.core.actor import SYSTEM
from app.coverage import service as coverage
from app.demo.cast import HISTORY
from app.demo.story import Story
from app.reminders import service as reminders

SELDOM = 42  # days between reminder runs long ago: what a run missed, the next makes up for
OFTEN = 7
LATELY = -70
MONTHS = 9  # published


def keep(story: Story) -> None:
    """Put the runs and publications into the story."""
    days = [*range(-HISTORY + 60, LATELY, SELDOM), *range(LATELY, -1, OFTEN), -1]
    for day in days:
        story.then(day, at(8), partial(_remind, story))
    month = (story.anchor - timedelta(days=1)).replace(day=1)
    for _ in range(MONTHS):
        story.on(clock.london(month, at(3, 10)), partial(_publish, story))
        month = (month - timedelta(days=1)).replace(day=1)


def _remind(story: Story) -> None:
    reminders.run(SYSTEM, clock.today())


def _publish(story: Story) -> None:
    coverage.freeze(clock.today())
