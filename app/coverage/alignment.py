"""Choose how the ranges of each published count are aligned.

See app.coverage.disclosure for the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.coverage.disclosure import alignment_offset
from app.coverage.nesting import Population, is_nested


@dataclass(frozen=True)
class Countable:
    """A count that may be published. ``key`` names it in every month."""

    key: str
    needed: int | None
    population: Population


@dataclass(frozen=True)
class Aligned:
    """A count that is published with an alignment: how far its ranges are shifted, from 0 to 4."""

    key: str
    start: int
    population: Population


def choose_alignments(
    counts: Sequence[Countable], published: Sequence[Aligned]
) -> dict[str, int | None]:
    """Return the alignment of each count by key, or None if the count has to be hidden.

    ``counts`` are those of one month, and ``published`` those of all other months. Counts with a
    number needed choose before the others, in order. A count is aligned to its number, unless it is
    related to a count that already has an alignment: one with the same key, or one that may include
    it or be included in it. Then it has the same alignment. If those related counts have
    different alignments, the count is hidden.
    """
    taken = list(published)
    chosen: dict[str, int | None] = {}
    for one in sorted(counts, key=lambda each: each.needed is None):
        related = {
            other.start
            for other in taken
            if other.key == one.key or is_nested(other.population, one.population)
        }
        start = (
            alignment_offset(one.needed)
            if not related
            else related.pop()
            if len(related) == 1
            else None
        )
        chosen[one.key] = start
        if start is not None:
            taken.append(Aligned(one.key, start, one.population))
    return chosen
