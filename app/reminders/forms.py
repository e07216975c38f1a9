"""Forms of the reminders room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.fields import PageForm, TextAreaField
from app.messages.types import LONGEST_OUTCOME


class OutcomeForm(PageForm):
    """What came of a call or a letter."""

    outcome = TextAreaField(
        _l("What came of it?"),
        required=_l("Say what came of it"),
        hint=_l("For example: “Will book the course in May” or “Left a message, ring again”."),
        max_length=LONGEST_OUTCOME,
        rows=3,
    )

    def to_command(self) -> str:
        """The outcome in the coordinator's words."""
        return str(self.outcome.data)
