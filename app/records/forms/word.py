"""The form for a call about a memorable word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.parsing import format_phone
from app.web.fields import Choice, PageForm, RadiosField


class CodeForm(PageForm):
    """A form for the phone number that staff called."""

    number = RadiosField(
        _l("Which number did you call?"), required=_l("Select the number that you called")
    )

    def __init__(self, *, numbers: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number.choices = [Choice(number, format_phone(number)) for number in numbers]
