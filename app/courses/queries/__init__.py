"""Reads of the catalogue, of course runs, and of who is on them."""

from __future__ import annotations

from app.courses.queries.news import latest_news, news
from app.courses.queries.roll import (
    attendee,
    bookings_of,
    held_places,
    is_met_by,
    is_theirs,
    on_run,
    refuse_to_meet,
    roll,
    unmet,
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
    type_by_slug,
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
    "held_places",
    "is_met_by",
    "is_theirs",
    "latest_news",
    "managed",
    "news",
    "on_run",
    "places_taken",
    "refuse_to_meet",
    "roll",
    "run_facts",
    "runs_by_id",
    "type_by_slug",
    "unmet",
]
