"""Decide which counts include which others, from their rules and areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.coverage.types import Catchment, Rule
from app.targets.types import Verb

# Each verb counts the people of the ones after it too.
STRICTNESS = {Verb.TRAINED_SINCE: 0, Verb.IN_DATE: 1, Verb.ACTIVE_IN_DATE: 2}


@dataclass(frozen=True)
class Population:
    """The people that a count is about.

    ``inside`` holds the IDs of the areas where they are counted, or None for anywhere.
    """

    rule: Rule
    inside: frozenset[int] | None

    @classmethod
    def of(cls, rule: Rule, catchment: Catchment | None) -> Population:
        """Return the population of a rule in its areas."""
        return cls(rule, catchment.inside if catchment else None)

    def to_json(self) -> dict[str, Any]:
        """Return the population as JSON, for storing it with the published figures."""
        return {
            "verb": self.rule.verb.value,
            "kinds": list(self.rule.kinds),
            "networks": list(self.rule.networks),
            "organisation_kinds": list(self.rule.organisation_kinds),
            "bases": list(self.rule.bases),
            "since": self.rule.since.isoformat() if self.rule.since else None,
            "inside": sorted(self.inside) if self.inside is not None else None,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Population:
        """Return the population that `to_json` stored."""
        inside = stored["inside"]
        rule = Rule.read(Verb(stored["verb"]), stored)
        return cls(rule, frozenset(inside) if inside is not None else None)


def is_nested(one: Population, other: Population) -> bool:
    """Return whether one of two counts may include all people of the other.

    If in doubt, return True, because that only makes the published ranges more careful.
    """
    return _may_include(one, other) or _may_include(other, one)


def _may_include(outer: Population, inner: Population) -> bool:
    wide, narrow = outer.rule, inner.rule
    return (
        STRICTNESS[wide.verb] <= STRICTNESS[narrow.verb]
        and _reaches_back(wide, narrow)
        and set(narrow.kinds) <= set(wide.kinds)
        and _is_wider(wide.networks, narrow.networks)
        and _is_wider(wide.organisation_kinds, narrow.organisation_kinds)
        and _has_areas_of(outer, inner)
    )


def _reaches_back(wide: Rule, narrow: Rule) -> bool:
    """Return whether the wider rule counts training that is at least as old."""
    if narrow.verb is not Verb.TRAINED_SINCE:
        return True  # a certificate in date may be of any age
    return (wide.since or date.min) <= (narrow.since or date.min)


def _is_wider(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Return whether a list of alternatives allows all of the other's. An empty list allows all."""
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _has_areas_of(outer: Population, inner: Population) -> bool:
    if outer.inside is None:
        return True
    if inner.inside is None:
        return False
    return set(inner.rule.bases) <= set(outer.rule.bases) and inner.inside <= outer.inside
