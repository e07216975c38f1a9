"""The timetable of the scheduler. Times of day are in London.

The scheduler (tasks/timekeeper.py) stores no state of its own. The database records, for example,
whether today's reminders have been sent.
"""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

MINUTE = 60
HEARTBEAT_INTERVAL = 30  # seconds
# These tasks are sent again soon. If no worker has started one in time, it is dropped.
SHORT_LIVED = {"expires": 2 * MINUTE}

TIMETABLE: dict[str, dict[str, Any]] = {
    "heartbeat of a worker": {
        "task": "heartbeat.beat",
        "schedule": HEARTBEAT_INTERVAL,
        "options": {"expires": HEARTBEAT_INTERVAL},
    },
    "messages left by a lost notification": {
        "task": "messages.sweep",
        "schedule": MINUTE,
        "options": SHORT_LIVED,
    },
    "jobs left by a lost notification": {
        "task": "jobs.sweep",
        "schedule": MINUTE,
        "options": SHORT_LIVED,
    },
    "reminders, each morning": {
        "task": "reminders.morning",
        "schedule": crontab(hour=8, minute=0),
    },
    "reminders, if the morning was missed": {
        "task": "reminders.morning",
        "schedule": 5 * MINUTE,
        "options": SHORT_LIVED,
    },
    "messages in the safeguarding queue that nobody has opened": {
        "task": "safeguarding.escalate",
        "schedule": 10 * MINUTE,
        "options": SHORT_LIVED,
    },
    "roles and agreements that have waited for 24 hours": {
        "task": "roles.settle",
        "schedule": 5 * MINUTE,
        "options": SHORT_LIVED,
    },
    "changes that have waited for 24 hours": {
        "task": "people.take_effect",
        "schedule": MINUTE,
        "options": SHORT_LIVED,
    },
    "attendees who match a person's record": {
        "task": "attendance.link_attendee",
        "schedule": MINUTE,
        "options": SHORT_LIVED,
    },
    "nightly work": {"task": "nightly.run", "schedule": crontab(hour=3, minute=10)},
}
