"""Linking attendees who were added by name to people on record."""

from __future__ import annotations

from app.attendance import linking
from tasks.celery_app import task


@task("attendance.link_attendee")
def link() -> int:
    """Link attendees to the people they surely are, and return how many. Idempotent."""
    return linking.link_sure_matches()
