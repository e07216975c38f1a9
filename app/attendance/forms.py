"""Forms for attendance. The inputs of the marks are named mark-ATTENDEE-SESSION."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from app.core import public_ids
from app.core.limits import LONGEST_REASON
from app.courses.types import ManagedRun, Mark
from app.web.fields import PageForm, TextAreaField
from app.web.refused import RefusedForm

PREFIX = "mark-"


class AttendanceForm(PageForm):
    """A form with a CSRF token only. Use `marks_from` to read the marks.

    `sent` contains the submitted marks by input name, to show them again after an error.
    """

    def __init__(self, **more: Any) -> None:
        self.sent: dict[str, str] = {}
        super().__init__(**more)
        if self.is_submitted():
            self.sent = {name: text for name, text in request.form.items() if name[:5] == PREFIX}

    def typed(self) -> dict[str, list[str]]:
        """Return the submitted marks by input name."""
        return {name: [text] for name, text in self.sent.items()}

    def _show(self, again: RefusedForm) -> None:
        super()._show(again)
        self.sent = {name: texts[0] for name, texts in again.typed.items() if texts}


def input_name(attendee_id: int, session_id: int) -> str:
    """Return the name of the radio buttons for an attendee and a session."""
    attendee = public_ids.encode("attendees", attendee_id)
    return f"{PREFIX}{attendee}-{public_ids.encode('course_sessions', session_id)}"


def marks_from(sent: Mapping[str, str], page: ManagedRun) -> dict[tuple[int, int], Mark | None]:
    """Return the submitted marks by attendee ID and session ID. Invalid values are left out."""
    marks: dict[tuple[int, int], Mark | None] = {}
    for entry in page.roll:
        for session_id, _times in page.sessions:
            text = sent.get(input_name(entry.attendee_id, session_id))
            if text is not None:
                known = text in set(Mark)
                marks[entry.attendee_id, session_id] = Mark(text) if known else None
    return marks


class EarlierCertificateForm(PageForm):
    """A form to describe the earlier certificate that a coordinator has seen."""

    reason = TextAreaField(
        _l("What have you seen?"),
        required=_l("Enter what you have seen"),
        hint=_l("For example, “MHFA certificate of 3 May 2025, shown on a video call”"),
        max_length=LONGEST_REASON,
        rows=3,
    )
