"""Calendar files before and after both clock changes, read by icalendar and a second parser."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from icalendar import Calendar

from app.core import clock
from app.core.calendars import TITLE, Entry, calendar_file

DAYS = [
    # the day, and the UTC hour of 9:30 in London
    (date(2027, 3, 27), 9),
    (date(2027, 3, 28), 8),  # after the clocks went forward
    (date(2027, 10, 30), 8),
    (date(2027, 10, 31), 9),  # after the clocks went back
]


def calendar_of(day: date, *, sequence: int = 0, cancelled: bool = False) -> bytes:
    """Return the calendar file of a one-day run."""
    entry = Entry(
        "session-7@champions.example",
        clock.london_instant(day, time(9, 30)),
        clock.london_instant(day, time(16, 30)),
    )
    return calendar_file(
        [entry],
        sequence=sequence,
        made_at=datetime(2027, 1, 1, 12, tzinfo=UTC),
        location="Village Hall, Watton, IP25 6AB",
        organiser="Breckland Champion Network",
        address="no-reply@champions.example",
        cancelled=cancelled,
    )


def parse(content: bytes) -> dict[str, str]:
    """Parse the file without icalendar. Return the value of each property."""
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name.split(";")[0]: value for name, value in pairs}


@pytest.mark.parametrize(("day", "hour"), DAYS)
def test_london_times_are_kept_across_clock_changes(day: date, hour: int) -> None:
    content = calendar_of(day)
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    begins = event.decoded("dtstart")
    assert begins == datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)
    assert begins.astimezone(clock.LONDON).time() == time(9, 30)
    assert event.decoded("dtend").astimezone(clock.LONDON).time() == time(16, 30)
    assert parse(content)["DTSTART"] == f"{day:%Y%m%d}T{hour:02}3000Z"


def test_the_title_is_neutral() -> None:
    content = calendar_of(date(2027, 3, 27))
    assert parse(content)["SUMMARY"] == TITLE == "Training day"
    assert b"ental" not in content
    assert b"MHFA" not in content


def test_a_change_keeps_the_uid_and_raises_the_sequence() -> None:
    first, changed = (parse(calendar_of(date(2027, 3, 27), sequence=n)) for n in (0, 3))
    assert first["UID"] == changed["UID"]
    assert (first["SEQUENCE"], changed["SEQUENCE"]) == ("0", "3")
    assert first["METHOD"] == "PUBLISH"


def test_a_cancelled_run_has_status_cancelled() -> None:
    content = calendar_of(date(2027, 3, 27), sequence=4, cancelled=True)
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "CANCEL"
    assert event["STATUS"] == "CANCELLED"
    assert event["SEQUENCE"] == 4


def test_one_entry_for_each_day() -> None:
    days = [date(2027, 3, 27), date(2027, 3, 28)]
    entries = [
        Entry(
            f"session-{n}@x.example",
            clock.london_instant(day, time(9)),
            clock.london_instant(day, time(17)),
        )
        for n, day in enumerate(days)
    ]
    content = calendar_file(
        entries,
        sequence=0,
        made_at=datetime(2027, 1, 1, tzinfo=UTC),
        location="",
        organiser="Us; them, and “others”",
        address="no-reply@x.example",
    )
    events = Calendar.from_ical(content).walk("VEVENT")
    assert [event["UID"] for event in events] == ["session-0@x.example", "session-1@x.example"]
