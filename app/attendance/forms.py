"""The form on the attendance page. Its inputs are named mark-ATTENDEE-SESSION."""

from __future__ import annotations

from collections.abc import Mapping

from app.core import public_ids
from app.courses.types import ManagedRun, Mark
from app.web.fields import PageForm


class AttendanceForm(PageForm):
    """A form with only the CSRF token. `marks_from` reads the marks, whose number varies."""


def input_name(attendee_id: int, session_id: int) -> str:
    """Return the name of the radio buttons for one attendee and session."""
    attendee = public_ids.encode("attendees", attendee_id)
    return f"mark-{attendee}-{public_ids.encode('course_sessions', session_id)}"


def marks_from(sent: Mapping[str, str], page: ManagedRun) -> dict[tuple[int, int], Mark | None]:
    """Return the submitted marks by attendee ID and session ID, leaving out unknown values."""
    marks: dict[tuple[int, int], Mark | None] = {}
    for entry in page.roll:
        for session_id, _times in page.sessions:
            text = sent.get(input_name(entry.attendee_id, session_id))
            if text is not None:
                known = text in set(Mark)
                marks[entry.attendee_id, session_id] = Mark(text) if known else None
    return marks
