"""Queries for the catalogue, course runs and attendees."""

from __future__ import annotations

from app.courses.queries.letters import (
    contact_channels,
    latest_letters_for,
    letters_by_attendee,
    visible_linked_people,
)
from app.courses.queries.roll import (
    find_held_booking,
    find_place,
    held_places,
    is_listed_for,
    is_offered_to,
    list_bookings,
    list_visible_attendees,
    listed_attendee,
    people_on_own_runs,
    unlisted_attendees,
    unlisted_places,
)
from app.courses.queries.runs import (
    awards_or_renews,
    catalogue,
    course_types,
    managed_runs,
    people_who_blocked_trainer,
    places_taken,
    run_facts,
    runs_below_minimum,
    runs_by_id,
    type_by_slug,
)

__all__ = [
    "runs_below_minimum",
    "list_bookings",
    "catalogue",
    "contact_channels",
    "course_types",
    "find_held_booking",
    "find_place",
    "held_places",
    "is_listed_for",
    "is_offered_to",
    "latest_letters_for",
    "awards_or_renews",
    "letters_by_attendee",
    "listed_attendee",
    "managed_runs",
    "people_on_own_runs",
    "people_who_blocked_trainer",
    "places_taken",
    "list_visible_attendees",
    "run_facts",
    "runs_by_id",
    "type_by_slug",
    "unlisted_attendees",
    "unlisted_places",
    "visible_linked_people",
]
