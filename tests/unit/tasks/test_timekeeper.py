"""What the scheduler sends if the clock is set back, and when it takes over."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.core import clock

if TYPE_CHECKING:
    from tasks.timekeeper import Timekeeper

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
BEAT = "heartbeat of a worker"  # every 30 seconds
SWEEP = "messages left by a lost notification"  # every minute
MORNING = "reminders, if the morning was missed"  # every 5 minutes
MINUTE = timedelta(minutes=1)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], Timekeeper]:
    """A function that starts a leading scheduler, which has neither database nor broker."""
    monkeypatch.setenv("APP_ENV", "test")
    from tasks.celery_app import celery_app
    from tasks.timekeeper import Timekeeper

    class Alone(Timekeeper):
        _next_heartbeat = math.inf
        producer = None

        def apply_entry(self, entry: Any, producer: object = None) -> None:
            entries_sent.append(entry.name)

    def started(at: datetime) -> Timekeeper:
        with clock.frozen(at):
            return Alone(celery_app)

    return started


entries_sent: list[str] = []


def run(scheduler: Timekeeper, at: datetime, length: timedelta) -> list[str]:
    """Let the scheduler run for a time, second by second. Return the entries that it sends."""
    entries_sent.clear()
    for second in range(int(length.total_seconds()) + 1):
        with clock.frozen(at + timedelta(seconds=second)):
            while scheduler.tick() == 0:
                pass
    return list(entries_sent)


def test_every_interval_continues_after_the_clock_was_set_back(
    start: Callable[[datetime], Timekeeper],
) -> None:
    scheduler = start(NOON)
    assert run(scheduler, NOON, 6 * MINUTE).count(SWEEP) == 6
    later = run(scheduler, NOON - timedelta(hours=3), 6 * MINUTE)
    assert (later.count(BEAT), later.count(SWEEP), later.count(MORNING)) == (12, 6, 1)


def test_a_clock_that_is_often_set_back_a_little_delays_no_task_for_long(
    start: Callable[[datetime], Timekeeper],
) -> None:
    """The clock loses two seconds every 20 seconds, which is less than each interval."""
    scheduler, names = start(NOON), []
    for number in range(40):  # ends at about ten past twelve
        names += run(scheduler, NOON + timedelta(seconds=18 * number), timedelta(seconds=20))
    assert names.count(MORNING) == 2
    assert names.count(SWEEP) == 12


def test_a_standby_continues_if_the_clock_was_set_back_before_it_leads(
    start: Callable[[datetime], Timekeeper],
) -> None:
    scheduler = start(NOON)
    scheduler._is_leader = False
    assert run(scheduler, NOON, MINUTE) == []
    assert run(scheduler, NOON - timedelta(hours=3), MINUTE) == []
    scheduler._is_leader = True
    assert run(scheduler, NOON - timedelta(hours=2), MINUTE).count(BEAT) == 2


def test_the_hour_that_comes_twice_in_autumn_does_not_count_as_a_changed_clock(
    start: Callable[[datetime], Timekeeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks import timekeeper

    warnings: list[object] = []
    monkeypatch.setattr(timekeeper.log, "warning", lambda *args, **_more: warnings.append(args))
    before = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)  # 01:50 in London, ten minutes before
    names = run(start(before), before, 20 * MINUTE)
    assert names.count(MORNING) == 4
    assert warnings == []
