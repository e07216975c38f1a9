"""Queries for the queue of applications, approvers and possible duplicates."""

from __future__ import annotations

from app.applications.queries.merges import delete_undo_data, lock_merge, merges_into_person
from app.applications.queries.queue import (
    ApplicationFilter,
    approvers_by_person,
    count_awaiting_decision,
    lock_person,
    pending_applicants,
    people_by_id,
    people_with_unchecked_claims,
)

__all__ = [
    "ApplicationFilter",
    "count_awaiting_decision",
    "delete_undo_data",
    "lock_merge",
    "merges_into_person",
    "lock_person",
    "people_by_id",
    "approvers_by_person",
    "pending_applicants",
    "people_with_unchecked_claims",
]
