"""Matching the course names that partners use with kinds of certificates."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.certificates.imported import match_kind


@pytest.mark.parametrize(
    ("course", "kind"),
    [
        ("mhfa-adult", "mhfa-adult"),
        ("MHFA two-day (Adult)", "mhfa-adult"),
        ("Adult MHFA", "mhfa-adult"),
        ("MHFA", "mhfa-adult"),
        ("MHFA England 2 day course", "mhfa-adult"),
        ("Mental Health First Aid", "mhfa-adult"),
        ("Mental Health First Aider (Adult)", "mhfa-adult"),
        ("MHFA Refresher", "mhfa-adult"),
        ("Youth MHFA", "mhfa-youth"),
        ("Youth Mental Health First Aid 2-day", "mhfa-youth"),
        ("MHFA (Armed Forces)", "mhfa-armed-forces"),
        ("MHFA Higher Education", "mhfa-higher-education"),
        ("MHFA one day", "mhfa-one-day"),
        ("MHFA Champion", "mhfa-one-day"),
        ("Community champion training", "community-champion"),
        ("Mental Health Aware half day", "mental-health-aware"),
        ("Suicide First Aid", "suicide-first-aid"),
        ("ASIST", "asist"),
        ("Connect 5", "connect-5"),
        ("First Aid for Mental Health, level 2", "famh-level-2"),
        ("First Aid for Mental Health", None),
        ("First aid at work", None),
        ("Champion", "community-champion"),
        ("Knitting", None),
        ("Adult", None),
        ("2025", None),
        ("???", None),
    ],
)
def test_course_names_match_kinds(session: Session, course: str, kind: str | None) -> None:
    assert match_kind(course) == kind
