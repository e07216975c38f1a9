"""Types for the attendance room."""

from __future__ import annotations

from dataclasses import dataclass

from app.courses.types import ManagedRun


@dataclass(frozen=True)
class AttendancePage:
    """The data on a run's attendance page.

    `late_attendee_ids` holds attendees who can still be marked after the run was signed off,
    because the person who signed it off could not see them. `begun` holds the IDs of sessions that
    have begun and so can be marked.
    """

    managed: ManagedRun
    late_attendee_ids: frozenset[int]
    begun: frozenset[int]
    can_sign_off: bool
