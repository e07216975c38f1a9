"""Load the course catalogue from the programme file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from app.core.db import db
from app.core.reconciliation import Reconciliation
from app.courses.models import CourseType
from app.courses.programme_part import CourseTypePart


def load_course_types(
    reconciliation: Reconciliation, parts: Sequence[CourseTypePart], kinds: Mapping[str, int]
) -> None:
    """Update the course types to match the programme file.

    `kinds` maps the slugs of certificate kinds to their IDs.
    """
    existing = db.session.scalars(select(CourseType))
    reconciliation.reconcile(
        CourseType,
        {row.slug: row for row in existing},
        {
            part.slug: {
                "slug": part.slug,
                "name": part.name,
                "description": part.description,
                "days": part.days,
                "hours": part.hours,
                "minimum": part.minimum,
                "maximum": part.maximum,
                "floor": part.floor,
                "awards_id": kinds[part.awards] if part.awards else None,
                "prerequisite_id": kinds[part.prerequisite] if part.prerequisite else None,
                "is_refresher": part.refresher,
                "until_on": part.until_on,
            }
            for part in parts
        },
        part="course_types",
        can_close=True,
    )
