"""How dates, numbers and lists read on pages and in letters."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from app.core import clock

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_STOPS = re.compile(r"(?<!^)([@.])")
MONTHS = calendar.month_name[1:]
DAYS = calendar.day_name[:]


def long_date(value: date | datetime | None) -> str:
    """27 March 2027"""
    if value is None:
        return ""
    day = clock.london_day(value) if isinstance(value, datetime) else value
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def weekday_date(value: date | datetime) -> str:
    """Saturday 27 March 2027"""
    day = clock.london_day(value) if isinstance(value, datetime) else value
    return f"{DAYS[day.weekday()]} {long_date(day)}"


def month_year(value: date | None) -> str:
    """March 2027"""
    return f"{MONTHS[value.month - 1]} {value.year}" if value else ""


def clock_time(value: datetime) -> str:
    """9:30am, as London's clocks show it."""
    at = value.astimezone(clock.LONDON)
    hour = at.hour % 12 or 12
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{hour}{minutes}{'am' if at.hour < 12 else 'pm'}"


def long_instant(value: datetime | None) -> str:
    """27 March 2027 at 9:30am"""
    return f"{long_date(value)} at {clock_time(value)}" if value else ""


def listed(items: Sequence[str], last: str = "and") -> str:
    """one, two and three"""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """1 person, 3 people"""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def breakable(text: str) -> Markup:
    """The text with places where an email address in it may go on in the next line."""
    safe = str(escape(text))
    return Markup(_ADDRESS.sub(lambda found: _STOPS.sub(r"<wbr>\1", found[0]), safe))  # noqa: S704  # escaped above


class Said(Mapping[Any, str]):
    """A table of lazy texts, each put into the reader's language when it is asked for."""

    def __init__(self, texts: Mapping[Any, Any]) -> None:
        self._texts = texts

    def __getitem__(self, key: Any) -> str:
        return str(self._texts[key])

    def __iter__(self) -> Iterator[Any]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
