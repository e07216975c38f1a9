"""Queries for targets, bands and awards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from app.areas.models import Area
from app.core.db import db
from app.core.in_force import in_force
from app.targets.models import Band, CommunityAward, Target
from app.targets.types import Award


def targets_on(on: date) -> Sequence[Target]:
    """Return the targets in force on a given day, in the programme's order."""
    return db.session.scalars(
        select(Target).where(in_force(Target, on)).order_by(Target.position, Target.id)
    ).all()


def target_rules(on: date) -> Sequence[dict[str, Any]]:
    """Return the rules of the targets in force on a given day, in the programme's order."""
    return [target.rule for target in targets_on(on)]


def bands_on(on: date) -> list[tuple[Area, Band]]:
    """Return each community and its band on a given day, sorted by name."""
    rows = db.session.execute(
        select(Area, Band)
        .join(Band, Band.area_id == Area.id)
        .where(in_force(Band, on))
        .order_by(Area.name, Area.id)
    )
    return [(area, band) for area, band in rows]


def awards_by_area() -> dict[int, tuple[Award, ...]]:
    """Return the awards made to each community, by area ID."""
    found: dict[int, tuple[Award, ...]] = defaultdict(tuple)
    rows = db.session.scalars(
        select(CommunityAward).order_by(CommunityAward.known_by_on, CommunityAward.id)
    )
    for row in rows:
        found[row.area_id] += (Award(row.name, row.known_by_on, row.source),)
    return dict(found)
