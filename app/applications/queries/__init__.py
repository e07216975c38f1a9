"""Reads of applications: the queue, who decides about each, and possible duplicates."""

from __future__ import annotations

from app.applications.queries.queue import (
    ApplicationFilter,
    count_to_decide,
    lock,
    people,
    waiting_for,
    waiting_people,
    with_claims,
)

__all__ = [
    "ApplicationFilter",
    "count_to_decide",
    "lock",
    "people",
    "waiting_for",
    "waiting_people",
    "with_claims",
]
