"""The task that links attendees who were added by name to people's records."""

from __future__ import annotations

from app.attendance import linking
from tasks.celery_app import task


@task("attendance.link_attendee")
def link_attendees() -> int:
    """Link attendees to matching people, and return how many were linked. Idempotent."""
    return linking.link_certain_matches()
