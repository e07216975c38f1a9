"""Build calendar files (pure functions).

A file has one entry for each day of a run. Times are in UTC, so no time zone rules are needed. The
title is neutral, because other people may see the person's calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from icalendar import Calendar, Event, vCalAddress, vText

TITLE = _l("Training day")


@dataclass(frozen=True)
class Entry:
    """One day of a run. `uid` identifies the day and does not change when its times change."""

    uid: str
    starts_at: datetime
    ends_at: datetime


def calendar_file(
    entries: Sequence[Entry],
    *,
    sequence: int,
    made_at: datetime,
    location: str,
    organiser: str,
    address: str,
    cancelled: bool = False,
) -> bytes:
    """Return an iCalendar file (RFC 5545, RFC 5546) that publishes or cancels the entries.

    `sequence` must increase with each change. `address` is the organiser's email address.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Champion Network//Training//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("sequence", sequence)
        event.add("dtstamp", made_at)
        event.add("dtstart", entry.starts_at)
        event.add("dtend", entry.ends_at)
        event.add("summary", str(TITLE))
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
        event.add("class", "PRIVATE")
        if location:
            event.add("location", location)
        organiser_address = vCalAddress(f"mailto:{address}")
        organiser_address.params["CN"] = vText(organiser)
        event["organizer"] = organiser_address
        calendar.add_component(event)
    return bytes(calendar.to_ical())
