"""Forms for checking a pending change by a call or a meeting."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.limits import LONGEST_REASON
from app.web.fields import (
    Choice,
    ConfirmField,
    PageForm,
    RadiosField,
    TextAreaField,
    TimeField,
)


class CallForm(PageForm):
    """A form for recording a call to check a pending change."""

    number = RadiosField(
        _l("Which number did you call?"),
        required=_l("Select the number that you called"),
        rows="person_contacts",
    )
    time = TimeField(
        _l("What time did you call today?"),
        required=_l("Enter the time of the call"),
        hint=_l("For example, 2:30pm"),
    )
    sure = ConfirmField(
        _l("I spoke to them, and they want this change"),
        required=_l("Confirm that you spoke to them and that they want this change"),
    )

    def __init__(self, *, numbers: Collection[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number.choices = [Choice(contact_id, number) for contact_id, number in numbers]


class MeetingForm(PageForm):
    """A form for recording a meeting to check a pending change."""

    why = TextAreaField(
        _l("How do you know it is them?"),
        required=_l("Enter how you know that this is the right person"),
        hint=_l("For example: I have known them since their course in March."),
        rows=3,
        max_length=LONGEST_REASON,
    )
    sure = ConfirmField(
        _l("They are here with me, and they want this change"),
        required=_l("Confirm that they are with you and that they want this change"),
    )


class SecondMeetingForm(PageForm):
    """A form for recording a meeting with a second coordinator."""

    sure = ConfirmField(
        _l("They are here with me, and they want this change"),
        required=_l("Confirm that they are with you and that they want this change"),
    )
