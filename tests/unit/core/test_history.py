"""The order of a person's history."""

from __future__ import annotations

from datetime import UTC, date, datetime

from app.core.registry import TimelineEntry, sort_newest_first

MONDAY, TUESDAY = date(2027, 3, 1), date(2027, 3, 2)


def at(hour: int, text: str, kind: str = "registration") -> TimelineEntry:
    """Return an entry on Tuesday with a known hour."""
    return TimelineEntry(TUESDAY, text, kind, at=datetime(2027, 3, 2, hour, tzinfo=UTC))


def texts(*entries: TimelineEntry) -> list[str]:
    """Return the texts of the entries, newest first."""
    return [entry.text for entry in sort_newest_first(entries)]


def test_entries_within_a_day_are_newest_first() -> None:
    entries = [at(9, "Registered"), at(11, "Approved"), at(10, "Confirmed"), at(12, "Email sent")]
    assert texts(*entries) == ["Email sent", "Approved", "Confirmed", "Registered"]


def test_an_entry_without_a_time_comes_above_those_with_one() -> None:
    on_monday = TimelineEntry(MONDAY, "A course", "course")
    left = TimelineEntry(TUESDAY, "Left", "left")
    assert texts(left, on_monday, at(9, "Registered")) == ["Left", "Registered", "A course"]


def test_later_entries_of_one_instant_come_first() -> None:
    entries = [at(9, "Entered by staff"), at(9, "Confirmed"), at(9, "Approved")]
    assert texts(*entries) == ["Approved", "Confirmed", "Entered by staff"]
    messages = [at(9, text, "message") for text in ("Email sent", "Letter sent")]
    assert texts(*messages, at(9, "Approved")) == ["Letter sent", "Email sent", "Approved"]
    dated = [TimelineEntry(TUESDAY, text, "x") for text in ("Still here", "Left")]
    assert texts(*dated) == ["Left", "Still here"]
