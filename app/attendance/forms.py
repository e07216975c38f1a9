"""Forms for attendance. The inputs for marks are named mark-ATTENDEE-SESSION."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from app.attendance.types import EarlierCertificate
from app.core import public_ids
from app.core.limits import LONGEST_REASON
from app.courses.types import ManagedRun, Mark
from app.web.fields import DateField, PageForm, RadiosField, TextAreaField
from app.web.http import today
from app.web.rejected_forms import RejectedForm

MARK_PREFIX = "mark-"


class AttendanceForm(PageForm):
    """A form to record attendance. Use `parse_marks` to read the submitted values.

    `submitted_marks` holds the submitted values by input name, to show them again after an error.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.submitted_marks: dict[str, str] = {}
        super().__init__(**kwargs)
        if self.is_submitted():
            self.submitted_marks = {
                name: text for name, text in request.form.items() if name[:5] == MARK_PREFIX
            }

    def submitted_values(self) -> dict[str, list[str]]:
        """Return the submitted marks by input name."""
        return {name: [text] for name, text in self.submitted_marks.items()}

    def _show_errors(self, rejected: RejectedForm) -> None:
        super()._show_errors(rejected)
        self.submitted_marks = {
            name: texts[0] for name, texts in rejected.submitted.items() if texts
        }


def input_name(attendee_id: int, session_id: int) -> str:
    """Return the name of the radio buttons for an attendee and a session."""
    attendee = public_ids.encode("attendees", attendee_id)
    return f"{MARK_PREFIX}{attendee}-{public_ids.encode('course_sessions', session_id)}"


def parse_marks(
    submitted: Mapping[str, str], page: ManagedRun
) -> dict[tuple[int, int], Mark | None]:
    """Return the submitted attendance by attendee ID and session ID.

    Invalid values are left out.
    """
    marks: dict[tuple[int, int], Mark | None] = {}
    for entry in page.roll:
        for session_id, _times in page.sessions:
            text = submitted.get(input_name(entry.attendee_id, session_id))
            if text is not None:
                is_valid = text in set(Mark)
                marks[entry.attendee_id, session_id] = Mark(text) if is_valid else None
    return marks


class EarlierCertificateForm(PageForm):
    """A form to describe the earlier certificate that a coordinator has seen."""

    kind = RadiosField(
        _l("Which certificate have you seen?"),
        required=_l("Select which certificate you have seen"),
        hint=_l("A refresher renews this certificate"),
    )
    awarded_on = DateField(
        _l("What is the date of the certificate? (optional)"),
        error_name=_l("The date of the certificate"),
        latest=today,
    )
    reason = TextAreaField(
        _l("How did you see it?"),
        required=_l("Enter how you saw it"),
        hint=_l("For example, “she showed me the certificate on a video call”"),
        max_length=LONGEST_REASON,
        rows=3,
    )

    def set_kinds(self, kinds: Sequence[tuple[str, str]]) -> EarlierCertificateForm:
        """Set the kinds to choose from, as (slug, name) pairs, and return the form.

        The question is removed if there is only one kind.
        """
        if len(kinds) == 1:
            del self.kind
        else:
            self.kind.choices = kinds
        return self

    def to_command(self) -> EarlierCertificate:
        """Return the details of the certificate that was seen."""
        kind = self.kind.data if "kind" in self else None
        return EarlierCertificate(kind, self.awarded_on.data, self.reason.data)
