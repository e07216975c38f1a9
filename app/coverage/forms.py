"""The day for which coverage is asked."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.fields import DateField, FilterForm
from app.web.http import today

EARLIEST = date(2000, 1, 1)  # long before anybody: what is counted back from it are real days still


def iso_date(text: str | None) -> date | None:
    """A date of an address (2027-03-31, or 2027-03 for its month); None when it is none."""
    if not text:
        return None
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        return None


class AsAtForm(FilterForm):
    """“As at”: a day in the address, typed into three inputs or given whole by a link (`on=`)."""

    on = DateField(
        _l("Show the figures as at"), earliest=EARLIEST, latest=today, called=_l("The day")
    )

    def __init__(self, linked: str | None = None, **more: Any) -> None:
        self.linked = linked
        super().__init__(data={"on": iso_date(linked)}, **more)

    def validate(self, extra_validators: Any = None) -> bool:
        """A link that names no day is said to be wrong, and not taken for today."""
        valid = bool(super().validate(extra_validators))
        if valid and self.linked and self.on.data is None:
            self.on.errors = [_("Enter a real date. These are today’s figures.")]
            return False
        return valid

    @property
    def asked(self) -> date | None:
        """The day asked for: today when none was, None when it can't be used."""
        return None if self.errors else self.day()

    def day(self) -> date:
        """The day asked for; today when none, or none that can be used, was given."""
        given: date | None = self.on.data
        return given if given and not self.errors else today()
