"""Fields for dates, months and times of day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from app.core import parsing
from app.core.parsing import clean_text
from app.core.words import long_date, month_year
from app.web.fields.base import GovField, LazyText
from app.web.fields.text import TextField
from app.web.fields.widgets import Look, Params

Bound = date | Callable[[], date] | None

LABELS = {"day": _l("Day"), "month": _l("Month"), "year": _l("Year")}


def _resolve(bound: Bound) -> date | None:
    return bound() if callable(bound) else bound


class DateField(GovField):
    """A date in three inputs: NAME-day, NAME-month and NAME-year. Its data is a date or None.

    `earliest` and `latest` are dates, or functions that return a date. `error_name` is the name of
    the field in error messages ("Date of birth must include a day"), by default "Date".
    """

    template = "date"
    grouped = True
    parts: tuple[str, ...] = ("day", "month", "year")
    example: LazyText = _l("For example, 27 3 2027")

    def __init__(
        self,
        label: LazyText = "",
        *,
        earliest: Bound = None,
        latest: Bound = None,
        error_name: LazyText | None = None,
        hint: LazyText | None = None,
        **more: Any,
    ) -> None:
        super().__init__(label, hint=self.example if hint is None else hint, **more)
        self.earliest, self.latest = earliest, latest
        self.error_name = error_name or _l("Date")
        self.wrong_parts: Sequence[str] = ()

    def input_name(self, part: str) -> str:
        """Return the name of an input, which is also its ID."""
        return f"{self.name}-{part}"

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Set the data from `data`, or from the submitted inputs if there are any."""
        self.process_errors = []
        self.wrong_parts = ()
        fallback = self.default() if callable(self.default) else self.default
        self.object_data = self.data = data if isinstance(data, date) else fallback
        self.raw_data = None
        names = [self.input_name(part) for part in self.parts]
        if formdata is None or not any(name in formdata for name in names):
            return
        self.raw_data = [clean_text(formdata.get(name, "")) for name in names]
        self.data = None
        if not any(self.raw_data):
            return
        try:
            self.data = self.parse(self.raw_data)
        except parsing.ParseError as error:
            self.process_errors = [error.message]
            self.wrong_parts = error.parts

    def parse(self, inputs: Sequence[str]) -> date:
        """Parse the date. Raises ParseError."""
        return parsing.parse_date(inputs[0], inputs[1], inputs[2], self.error_name)

    def format_bound(self, day: date) -> str:
        """Format the earliest or latest date for an error message."""
        return long_date(day)

    def pre_validate(self, form: BaseForm) -> None:
        """Raise StopValidation if the date is before the earliest or after the latest date."""
        if self.data is None:
            return
        earliest, latest = _resolve(self.earliest), _resolve(self.latest)
        words = {"name": self.error_name}
        if earliest and self.data < earliest:
            raise StopValidation(
                _(
                    "%(name)s must be %(day)s or later",
                    day=self.format_bound(earliest),
                    **words,
                )
            )
        if latest and self.data > latest:
            raise StopValidation(
                _(
                    "%(name)s must be %(day)s or earlier",
                    day=self.format_bound(latest),
                    **words,
                )
            )

    def values(self) -> dict[str, str]:
        """Return the text of each input, by part of the date."""
        if self.raw_data is not None:
            return dict(zip(self.parts, self.raw_data, strict=True))
        return {part: str(getattr(self.data, part)) if self.data else "" for part in self.parts}

    def submitted_values(self) -> dict[str, list[str]]:
        """Return the submitted values, by input name."""
        return {self.input_name(part): [text] for part, text in self.values().items() if text}

    @property
    def target(self) -> str:
        """Return the ID of the first input with an error."""
        return self.input_name(self.wrong_parts[0] if self.wrong_parts else self.parts[0])

    def component_params(self) -> Params:
        """Return the component's parameters."""
        values = self.values()
        wrong_parts = (self.wrong_parts or self.parts) if self.errors else ()
        items = [
            {
                "label": str(LABELS[part]),
                "name": self.input_name(part),
                "id": self.input_name(part),
                "value": values[part],
                "classes": f"govuk-input--width-{4 if part == 'year' else 2}"
                + (" govuk-input--error" if part in wrong_parts else ""),
            }
            for part in self.parts
        ]
        return {"items": items}


class MonthYearField(DateField):
    """A month in two inputs. Its data is the first day of the month, or None."""

    parts = ("month", "year")
    example = _l("For example, 3 2024")

    def parse(self, inputs: Sequence[str]) -> date:
        """Return the first day of the month. Raises ParseError."""
        return parsing.parse_month(inputs[0], inputs[1], self.error_name)

    def format_bound(self, day: date) -> str:
        """Format the earliest or latest month for an error message."""
        return month_year(day)


class DateOrMonthField(DateField):
    """A date, or only a month if the day is not known.

    The data is the first possible day, or None. `day_known` is False if there is no day.
    """

    example = _l("For example, 27 3 2027. Leave out the day if only the month is shown.")
    day_known = True

    def parse(self, inputs: Sequence[str]) -> date:
        """Return the date or the first day of the month. Raises ParseError."""
        day, self.day_known = parsing.parse_date_or_month(
            inputs[0], inputs[1], inputs[2], self.error_name
        )
        return day


class MonthOrYearField(MonthYearField):
    """A month, or only a year if the month is not known.

    The data is the first possible day, or None. `month_known` is False if there is no month.
    """

    example = _l("For example, 3 2024. If you do not know the month, enter only the year.")
    month_known = False

    def parse(self, inputs: Sequence[str]) -> date:
        """Return the first day of the month or the year. Raises ParseError."""
        day, self.month_known = parsing.parse_month_or_year(inputs[0], inputs[1], self.error_name)
        return day

    @property
    def year_and_month(self) -> tuple[int | None, int | None]:
        """Return the year and the month. A part that is not known is None."""
        if self.data is None:
            return None, None
        return self.data.year, self.data.month if self.month_known else None

    def clear(self) -> None:
        """Remove the value, the submitted text and the errors."""
        self.data = None
        self.raw_data = [""] * len(self.parts)
        self.wrong_parts = ()
        self.process_errors = []
        self.errors = []


class YearField(TextField):
    """A year. `data` is the submitted text, and `year` the parsed value or None."""

    look = Look(width=4, inputmode="numeric")

    def parse(self, text: str) -> int:
        """Parse the year. Raises ParseError."""
        return parsing.parse_year(text)

    @property
    def year(self) -> int | None:
        """Return the parsed year, or None."""
        return self._parse_or_none(self.parse)


class TimeField(TextField):
    """A time of day. `data` is the submitted text, and `time` the parsed value or None."""

    look = Look(width=5)

    def process_data(self, value: Any) -> None:
        """Set the data to a time, formatted like 9:30."""
        self.data = f"{value.hour}:{value.minute:02}" if isinstance(value, time) else value or ""

    def parse(self, text: str) -> time:
        """Parse the time of day. Raises ParseError."""
        return parsing.parse_time(text)

    @property
    def time(self) -> time | None:
        """Return the parsed time, or None."""
        return self._parse_or_none(self.parse)
