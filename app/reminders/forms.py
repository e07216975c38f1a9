"""Forms of the reminders room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.messages.types import LONGEST_OUTCOME
from app.web.fields import PageForm, TextAreaField


class OutcomeForm(PageForm):
    """The form that records the outcome of a call or a letter."""

    outcome = TextAreaField(
        _l("What happened?"),
        required=_l("Enter what happened"),
        hint=_l("For example: “Will book the course in May” or “Left a message, call again”."),
        max_length=LONGEST_OUTCOME,
        rows=3,
    )

    def to_command(self) -> str:
        """Return the outcome as entered."""
        return str(self.outcome.data)
