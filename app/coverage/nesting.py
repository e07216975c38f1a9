"""Determine whether one count may include another, from their rules and areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.coverage.types import Catchment, Rule
from app.targets.types import Verb

# Each verb also counts everybody counted by the verbs that follow it.
STRICTNESS = {Verb.TRAINED_SINCE: 0, Verb.IN_DATE: 1, Verb.ACTIVE_IN_DATE: 2}


@dataclass(frozen=True)
class Population:
    """The people included in a count.

    ``inside`` holds the IDs of the areas in which people are counted, or None if people are counted
    everywhere.
    """

    rule: Rule
    inside: frozenset[int] | None

    @classmethod
    def from_rule(cls, rule: Rule, catchment: Catchment | None) -> Population:
        """Return the population that a rule counts in the given areas."""
        return cls(rule, catchment.inside if catchment else None)

    def to_json(self) -> dict[str, Any]:
        """Return the population as JSON, to be stored with the published figures."""
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
        """Create a population from the result of `to_json`."""
        inside = stored["inside"]
        rule = Rule.from_json(Verb(stored["verb"]), stored)
        return cls(rule, frozenset(inside) if inside is not None else None)


def is_nested(first: Population, second: Population) -> bool:
    """Return whether one population may include everybody in the other.

    If in doubt, return True. This only makes the published ranges more cautious.
    """
    return _may_include(first, second) or _may_include(second, first)


def _may_include(outer: Population, inner: Population) -> bool:
    wide, narrow = outer.rule, inner.rule
    return (
        STRICTNESS[wide.verb] <= STRICTNESS[narrow.verb]
        and _counts_older_training(wide, narrow)
        and set(narrow.kinds) <= set(wide.kinds)
        and _is_wider(wide.networks, narrow.networks)
        and _is_wider(wide.organisation_kinds, narrow.organisation_kinds)
        and _contains_areas(outer, inner)
    )


def _counts_older_training(wide: Rule, narrow: Rule) -> bool:
    if narrow.verb is not Verb.TRAINED_SINCE:
        return True  # a certificate in date may be of any age
    return (wide.since or date.min) <= (narrow.since or date.min)


def _is_wider(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Return whether ``wide`` includes all values of ``narrow``.

    An empty tuple includes everything.
    """
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _contains_areas(outer: Population, inner: Population) -> bool:
    if outer.inside is None:
        return True
    if inner.inside is None:
        return False
    return set(inner.rule.bases) <= set(outer.rule.bases) and inner.inside <= outer.inside
