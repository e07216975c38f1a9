"""Queries for the queue of applications, its deciders and possible duplicates."""

from __future__ import annotations

from app.applications.queries.merges import empty_merges, lock_merge, merges_into
from app.applications.queries.queue import (
    ApplicationFilter,
    approvers_of,
    count_awaiting_decision,
    lock_person,
    people_by_id,
    people_with_claims,
    waiting_people,
)

__all__ = [
    "ApplicationFilter",
    "count_awaiting_decision",
    "empty_merges",
    "lock_merge",
    "merges_into",
    "lock_person",
    "people_by_id",
    "approvers_of",
    "waiting_people",
    "people_with_claims",
]
