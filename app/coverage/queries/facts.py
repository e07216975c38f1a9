"""Queries for targets, bands, awards and needs, and the areas they are about."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import func, select

from app.areas.models import Area
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force
from app.coverage.types import Award, Rule, TargetFacts
from app.matching import queries as needs
from app.matching.models import Assignment, Need
from app.organisations.models import Network
from app.people import queries as people
from app.people.models import Person
from app.targets.models import Band, CommunityAward, Target


def sensitive_slugs() -> frozenset[str]:
    """Return the slugs of sensitive networks, whose people are never counted by area."""
    return frozenset(db.session.scalars(select(Network.slug).where(Network.sensitive)))


def targets_on(on: date) -> list[TargetFacts]:
    """Return the targets in force on a day, in the programme's order."""
    sensitive = sensitive_slugs()
    rows = db.session.scalars(
        select(Target).where(in_force(Target, on)).order_by(Target.position, Target.id)
    )
    return [_facts(row, sensitive) for row in rows]


def _facts(row: Target, sensitive: frozenset[str]) -> TargetFacts:
    rule = Rule.read(row.verb, row.rule)
    return TargetFacts(
        id=row.id,
        slug=row.slug,
        name=row.name,
        source=row.source,
        needed=row.needed,
        due_on=row.due_on,
        rule=rule,
        beside=row.beside,
        sensitive=not sensitive.isdisjoint(rule.networks),
    )


def bands_on(on: date) -> list[tuple[Area, Band]]:
    """Return the communities with a band in force on a day, by name."""
    rows = db.session.execute(
        select(Area, Band)
        .join(Band, Band.area_id == Area.id)
        .where(in_force(Band, on))
        .order_by(Area.name, Area.id)
    )
    return [(area, band) for area, band in rows]


def awards_by_area() -> dict[int, tuple[Award, ...]]:
    """Return each area's awards, by area ID."""
    found: dict[int, tuple[Award, ...]] = defaultdict(tuple)
    rows = db.session.scalars(
        select(CommunityAward).order_by(CommunityAward.known_by_on, CommunityAward.id)
    )
    for row in rows:
        found[row.area_id] += (Award(row.name, row.known_by_on, row.source),)
    return dict(found)


def needs_by_area(on: date, scope: Scope) -> dict[int, tuple[Area, int]]:
    """Return each area with its number of places in open needs, by area ID.

    Only needs that the reader may see are included.
    """
    wanted = (
        select(Need.area_id, func.sum(Need.places).label("places"))
        .where(
            needs.open_on(on),
            needs.known_to(scope),
        )
        .group_by(Need.area_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Area, wanted.c.places)
        .join(wanted, wanted.c.area_id == Area.id)
        .order_by(Area.name, Area.id)
    )
    return {area.id: (area, int(places)) for area, places in rows}


def serving_by_area(on: date, scope: Scope) -> dict[int, int]:
    """Count the people who serve open needs in each area on a day, by area ID."""
    rows = db.session.execute(
        select(Need.area_id, func.count(Assignment.person_id.distinct()))
        .join(Assignment, Assignment.need_id == Need.id)
        .join(Person, Person.id == Assignment.person_id)
        .where(
            needs.open_on(on),
            in_force(Assignment, on),
            needs.known_to(scope),
            people.visible_to(scope, on),
        )
        .group_by(Need.area_id)
    )
    return {area_id: number for area_id, number in rows}
