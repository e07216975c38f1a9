"""Reads of applications: the queue, who decides about whom, who may be one person."""

from __future__ import annotations

from app.applications.queries.queue import (
    Which,
    count_to_decide,
    lock,
    people,
    waiting_for,
    waiting_people,
    with_claims,
)

__all__ = [
    "Which",
    "count_to_decide",
    "lock",
    "people",
    "waiting_for",
    "waiting_people",
    "with_claims",
]
