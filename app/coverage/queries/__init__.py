"""Queries for coverage figures and publications."""

from __future__ import annotations

from app.coverage.queries.counting import (
    count_by_area,
    count_measure,
    counted_subquery,
    first_approval_day,
    group_condition,
    has_anyone_joined,
    people_in_group,
)

__all__ = [
    "has_anyone_joined",
    "count_by_area",
    "counted_subquery",
    "first_approval_day",
    "count_measure",
    "people_in_group",
    "group_condition",
]
