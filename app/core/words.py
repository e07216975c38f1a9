"""Format dates, numbers and lists for pages and letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_month_names
from babel.lists import format_list
from babel.numbers import format_decimal
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.core import clock

ENGLISH = Locale("en", "GB")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_STOPS = re.compile(r"(?<!^)([@.])")


def locale() -> Locale:
    """Return the reader's locale, or British English outside an application context."""
    return get_locale() or ENGLISH


def month_names() -> Mapping[int, str]:
    """Return the numbers and names of the months in the reader's language."""
    return get_month_names("wide", locale=locale())


def long_date(value: date | datetime | None) -> str:
    """Return a date as "27 March 2027", or "" if it is None."""
    return format_date(_to_date(value), "long", locale=locale()) if value else ""


def weekday_date(value: date | datetime) -> str:
    """Return a date as "Saturday 27 March 2027".

    GOV.UK style does not have the comma that Babel adds after the weekday.
    """
    return format_date(_to_date(value), "EEEE d MMMM y", locale=locale())


def month_year(value: date | None) -> str:
    """Return the month and year of a date as "March 2027", or "" if it is None."""
    return format_skeleton("yMMMM", value, locale=locale()) if value else ""


def short_time(value: datetime) -> str:
    """Return a time in London as "9:30am" or "9am"."""
    at = value.astimezone(clock.LONDON)
    return format_time(at, "h:mma" if at.minute else "ha", tzinfo=clock.LONDON, locale=locale())


def long_datetime(value: datetime | None) -> str:
    """Return an instant as "27 March 2027 at 9:30am", or "" if it is None."""
    if value is None:
        return ""
    return str(_("%(day)s at %(time)s", day=long_date(value), time=short_time(value)))


def _to_date(value: date | datetime) -> date:
    return clock.london_day(value) if isinstance(value, datetime) else value


def number(value: int) -> str:
    """Return a number with commas between thousands, such as "1,200"."""
    return format_decimal(value, locale=locale())


def join_list(items: Sequence[str], style: Literal["standard", "or"] = "standard") -> str:
    """Return items as "one, two and three", or as "one, two or three" if `style` is "or"."""
    return format_list([str(item) for item in items], style=style, locale=locale())


def allow_line_breaks(text: str) -> Markup:
    """Return text with line-break opportunities in long email addresses."""
    safe = str(escape(text))
    return Markup(_ADDRESS.sub(lambda found: _STOPS.sub(r"<wbr>\1", found[0]), safe))  # noqa: S704  # escaped above


class LazyTexts(Mapping[Any, str]):
    """A mapping of lazy translations. Getting a value translates it into the reader's language."""

    def __init__(self, texts: Mapping[Any, Any]) -> None:
        self._texts = texts

    def __getitem__(self, key: Any) -> str:
        return str(self._texts[key])

    def __iter__(self) -> Iterator[Any]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
