"""The order of a person's history."""

from __future__ import annotations

from datetime import UTC, date, datetime

from app.core.registry import TimelineEntry, newest_first

MONDAY, TUESDAY = date(2027, 3, 1), date(2027, 3, 2)


def at(hour: int, text: str, kind: str = "registration") -> TimelineEntry:
    """Something of Tuesday whose hour is known."""
    return TimelineEntry(TUESDAY, text, kind, at=datetime(2027, 3, 2, hour, tzinfo=UTC))


def texts(*entries: TimelineEntry) -> list[str]:
    """What is read, from the top."""
    return [entry.text for entry in newest_first(entries)]


def test_newest_first_within_a_day_too() -> None:
    told = [at(9, "Registered"), at(11, "Approved"), at(10, "Confirmed"), at(12, "Email sent")]
    assert texts(*told) == ["Email sent", "Approved", "Confirmed", "Registered"]


def test_what_only_has_its_day_stands_above_what_has_its_hour() -> None:
    on_monday = TimelineEntry(MONDAY, "A course", "course")
    left = TimelineEntry(TUESDAY, "Left", "left")
    assert texts(left, on_monday, at(9, "Registered")) == ["Left", "Registered", "A course"]


def test_of_one_moment_what_is_told_later_is_newer() -> None:
    told = [at(9, "Entered by staff"), at(9, "Confirmed"), at(9, "Approved")]
    assert texts(*told) == ["Approved", "Confirmed", "Entered by staff"]
    messages = [at(9, text, "message") for text in ("Email sent", "Letter sent")]
    assert texts(*messages, at(9, "Approved")) == ["Letter sent", "Email sent", "Approved"]
    dated = [TimelineEntry(TUESDAY, text, "x") for text in ("Still here", "Left")]
    assert texts(*dated) == ["Left", "Still here"]
