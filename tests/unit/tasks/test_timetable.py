"""The timetable, including the days when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from celery import Celery
from celery.schedules import crontab

from app.core.clock import london_instant
from tasks.schedule import HEARTBEAT_INTERVAL, TIMETABLE

MORNING = TIMETABLE["reminders, each morning"]["schedule"]


@pytest.mark.parametrize(
    "day", [date(2027, 1, 20), date(2027, 3, 28), date(2027, 7, 1), date(2026, 10, 25)]
)
def test_the_morning_run_is_at_8am_in_london(day: date) -> None:
    celery = Celery("test", set_as_current=False)
    celery.conf.update(timezone="Europe/London", enable_utc=True)
    at = london_instant(day, time(8))

    def due(now: datetime) -> bool:
        eight = crontab(hour=8, minute=0, app=celery, nowfun=lambda: now)
        return bool(eight.is_due(london_instant(day - timedelta(days=1), time(8, 0, 1))).is_due)

    assert crontab(hour=8, minute=0) == MORNING
    assert not due(at - timedelta(minutes=1))
    assert due(at.astimezone(UTC) + timedelta(seconds=1))


def test_frequent_tasks_expire_before_they_accumulate() -> None:
    for entry in TIMETABLE.values():
        if isinstance(entry["schedule"], (int, float)):
            assert entry["options"]["expires"] <= 2 * max(entry["schedule"], 60)


def test_the_heartbeat_is_well_within_the_limit_of_readiness() -> None:
    assert HEARTBEAT_INTERVAL * 2 <= 120


def test_the_timetable_is_complete() -> None:
    assert {entry["task"] for entry in TIMETABLE.values()} == {
        "attendance.link_attendee",
        "heartbeat.beat",
        "messages.sweep",
        "jobs.sweep",
        "reminders.morning",
        "nightly.run",
        "people.take_effect",
        "roles.settle",
        "safeguarding.escalate",
    }
