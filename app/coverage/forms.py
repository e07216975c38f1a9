"""The form for choosing the date of the coverage figures."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.web.fields import DateField, FilterForm
from app.web.http import today

EARLIEST = date(2000, 1, 1)  # earlier than any record, but late enough to subtract years from


def parse_iso_date(text: str | None) -> date | None:
    """Parse a date in a URL (2027-03-31, or 2027-03 for a month). Return None if it is invalid."""
    if not text:
        return None
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        return None


class FigureDateForm(FilterForm):
    """A form for the date of the figures. The date can also be given in a link."""

    on = DateField(
        _l("Show the figures as at"),
        earliest=EARLIEST,
        latest=today,
        error_name=_l("The date of the figures"),
    )

    def __init__(self, date_in_url: str | None = None, **options: Any) -> None:
        self.date_in_url = date_in_url
        super().__init__(data={"on": parse_iso_date(date_in_url)}, **options)

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the form. An invalid date in a link is an error."""
        valid = bool(super().validate(extra_validators))
        if valid and self.date_in_url and self.on.data is None:
            self.on.errors = [_("Enter a real date. These are today’s figures.")]
            return False
        return valid

    @property
    def valid_day(self) -> date | None:
        """Return the chosen day, or None if it is invalid. The default is today."""
        return None if self.errors else self.day()

    def day(self) -> date:
        """Return the chosen day, or today if no valid day was chosen."""
        chosen: date | None = self.on.data
        return chosen if chosen and not self.errors else today()
