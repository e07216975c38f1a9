"""Reads of the catalogue, of course runs, and of who is on them."""

from __future__ import annotations

from app.courses.queries.news import latest_news, news, reached_by
from app.courses.queries.roll import (
    attendee,
    bookings_of,
    held_by,
    held_places,
    is_listed_for,
    is_offered_to,
    on_run,
    roll,
    unlisted,
    unlisted_attendees,
)
from app.courses.queries.runs import (
    awaiting_completion,
    below_minimum,
    catalogue,
    clash,
    course_types,
    free_runs,
    managed,
    places_taken,
    run_facts,
    runs_by_id,
    signed_off_unmarked,
    type_by_slug,
    who_blocked_the_trainer,
)

__all__ = [
    "attendee",
    "awaiting_completion",
    "below_minimum",
    "bookings_of",
    "catalogue",
    "clash",
    "course_types",
    "free_runs",
    "held_by",
    "held_places",
    "is_listed_for",
    "is_offered_to",
    "latest_news",
    "managed",
    "news",
    "reached_by",
    "on_run",
    "places_taken",
    "roll",
    "run_facts",
    "runs_by_id",
    "signed_off_unmarked",
    "type_by_slug",
    "who_blocked_the_trainer",
    "unlisted",
    "unlisted_attendees",
]
