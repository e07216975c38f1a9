"""The whole timetable. Times of day are London's.

The scheduler (tasks/timekeeper.py) remembers nothing between starts: what matters about the past
(was today's morning run done?) stands in the database.
"""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

MINUTE = 60
HEARTBEAT = 30  # seconds
STALE = {"expires": 2 * MINUTE}  # asked again soon, so what nobody took in time is dropped

TIMETABLE: dict[str, dict[str, Any]] = {
    "is a worker there?": {
        "task": "heartbeat.beat",
        "schedule": HEARTBEAT,
        "options": {"expires": HEARTBEAT},
    },
    "messages that a lost notification left": {
        "task": "messages.sweep",
        "schedule": MINUTE,
        "options": STALE,
    },
    "jobs that a lost notification left": {
        "task": "jobs.sweep",
        "schedule": MINUTE,
        "options": STALE,
    },
    "reminders, each morning": {
        "task": "reminders.morning",
        "schedule": crontab(hour=8, minute=0),
    },
    "reminders, if the morning was missed": {
        "task": "reminders.morning",
        "schedule": 5 * MINUTE,
        "options": STALE,
    },
    "messages in the safeguarding queue that nobody has opened": {
        "task": "safeguarding.escalate",
        "schedule": 10 * MINUTE,
        "options": STALE,
    },
    "roles that have waited": {
        "task": "roles.settle",
        "schedule": 5 * MINUTE,
        "options": STALE,
    },
    "changes whose 24 hours are over": {
        "task": "people.take_effect",
        "schedule": MINUTE,
        "options": STALE,
    },
    "tidying, each night": {"task": "nightly.run", "schedule": crontab(hour=3, minute=10)},
}
