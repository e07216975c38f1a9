"""Queries for the targets against which coverage is measured."""

from __future__ import annotations

from datetime import date

from app.coverage.types import Rule, TargetFacts
from app.organisations import queries as organisations
from app.targets import queries as targets


def targets_on(on: date) -> list[TargetFacts]:
    """Return the targets in force on a given day, in the programme's order."""
    sensitive = organisations.sensitive_slugs()
    found = []
    for row in targets.targets_on(on):
        rule = Rule.from_json(row.verb, row.rule)
        found.append(
            TargetFacts(
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
        )
    return found
