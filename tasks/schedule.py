"""The timetable of the scheduler. Times of day are in London.

The scheduler (tasks/timekeeper.py) stores nothing when it stops. The database records, for example,
whether today's reminders have been sent.
"""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

MINUTE = 60
HEARTBEAT = 30  # seconds
STALE = {"expires": 2 * MINUTE}  # called again soon, so a call that no worker took is dropped

TIMETABLE: dict[str, dict[str, Any]] = {
    "heartbeat of a worker": {
        "task": "heartbeat.beat",
        "schedule": HEARTBEAT,
        "options": {"expires": HEARTBEAT},
    },
    "messages left by a lost notification": {
        "task": "messages.sweep",
        "schedule": MINUTE,
        "options": STALE,
    },
    "jobs left by a lost notification": {
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
    "roles and agreements that have waited for 24 hours": {
        "task": "roles.settle",
        "schedule": 5 * MINUTE,
        "options": STALE,
    },
    "changes that have waited for 24 hours": {
        "task": "people.take_effect",
        "schedule": MINUTE,
        "options": STALE,
    },
    "attendees who surely are people on record": {
        "task": "attendance.link_attendee",
        "schedule": MINUTE,
        "options": STALE,
    },
    "nightly work": {"task": "nightly.run", "schedule": crontab(hour=3, minute=10)},
}
