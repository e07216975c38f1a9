"""Reads of what is counted, of what it is measured against, and of what was published."""

from __future__ import annotations

from app.coverage.queries.counting import (
    anybody_by,
    count_by_area,
    counting,
    first_approved_on,
    measure,
    people_of,
    those,
)

__all__ = [
    "anybody_by",
    "count_by_area",
    "counting",
    "first_approved_on",
    "measure",
    "people_of",
    "those",
]
