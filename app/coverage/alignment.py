"""Choose how the ranges of each published count are aligned.

The reasons are in app.coverage.disclosure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.coverage.disclosure import alignment_offset
from app.coverage.nesting import Population, is_nested


@dataclass(frozen=True)
class PublishableCount:
    """A count that may be published. ``key`` is the same in every month."""

    key: str
    needed: int | None
    population: Population


@dataclass(frozen=True)
class AlignedCount:
    """A published count. Its ranges are shifted by ``start``, from 0 to 4."""

    key: str
    start: int
    population: Population


def choose_alignments(
    counts: Sequence[PublishableCount], published: Sequence[AlignedCount]
) -> dict[str, int | None]:
    """Return the alignment of each count by key, or None for a count that must be hidden.

    ``counts`` belong to one month, and ``published`` to all other months. Related counts have the
    same alignment. Two counts are related if they have the same key, or if one of them may include
    the other. If there is no related count, a count is aligned to the number needed. If the related
    counts have different alignments, the count is hidden. Counts with a number needed are aligned
    first.
    """
    aligned = list(published)
    alignments: dict[str, int | None] = {}
    for count in sorted(counts, key=lambda each: each.needed is None):
        related = {
            other.start
            for other in aligned
            if other.key == count.key or is_nested(other.population, count.population)
        }
        start = (
            alignment_offset(count.needed)
            if not related
            else related.pop()
            if len(related) == 1
            else None
        )
        alignments[count.key] = start
        if start is not None:
            aligned.append(AlignedCount(count.key, start, count.population))
    return alignments
