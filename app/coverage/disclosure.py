"""Disclosure control: published counts are ranges of five, so that nobody can be identified.

A count is published as the range it lies in: 0 to 4 ("fewer than 5"), 5 to 9 and so on. Where the
count is compared with a number needed, the ranges are aligned to that number, so that the range
says whether it is met. The lowest range is then longer (for 8: 0 to 7, then 8 to 12).

We assume that a reader has every published range, and knows this rule and which counts include
which others. The reader must not be able to narrow the range of a count. Nor must they be able to
find a range of fewer than five values for the number of people who are in one count but not in the
next. A range that other ranges would narrow is hidden. The tests in
tests/unit/coverage/test_disclosure.py try to narrow the ranges with linear programming.

Source: the disclosure rules of UK LLC (Longitudinal Linkage Collaboration) and councils' practice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH = 5  # the fewest values in a published range


@dataclass(frozen=True)
class Span:
    """The range that contains a count, both ends included."""

    low: int
    high: int

    def meets(self, needed: int) -> bool | None:
        """Return whether the count reaches a number, or None if the range does not show it."""
        if self.low >= needed:
            return True
        return False if self.high < needed else None


def offset(needed: int | None) -> int:
    """Return how far to shift the ranges so that one of them starts at the number needed.

    A number below the width of a range gives no shift. Whether such a low number is met stays
    hidden.
    """
    return needed % WIDTH if needed is not None and needed >= WIDTH else 0


def span(count: int, needed: int | None = None) -> Span:
    """Return the range of a count, aligned to the number needed if there is one."""
    start = offset(needed)
    if count < start + WIDTH:
        return Span(0, start + WIDTH - 1)
    low = count - (count - start) % WIDTH
    return Span(low, low + WIDTH - 1)


def safe_spans(
    values: Sequence[int], needed: Sequence[int | None], priority: Sequence[int]
) -> list[Span | None]:
    """Return the ranges of a chain of counts, or None for a range that has to be hidden.

    Each count includes the one before it, for example [in date, trained, anywhere]. ``needed`` is
    the number that each count is compared with. Ranges with different alignments can narrow one
    another. Of the choices in which no range narrows another, the best one is used: it shows the
    counts that come first in ``priority``, a list of positions, most important first.

    Raises ValueError if the values are not in ascending order.
    """
    if any(low > high for low, high in pairwise(values)):
        raise ValueError("Each count of a chain contains the one before it.")
    spans = [span(value, number) for value, number in zip(values, needed, strict=True)]
    for shown in _choices(priority):
        if _is_safe([spans[place] for place in sorted(shown)]):
            return [one if place in shown else None for place, one in enumerate(spans)]
    return [None] * len(values)  # unreachable, because showing nothing is always safe


def _choices(priority: Sequence[int]) -> Iterator[frozenset[int]]:
    """Yield all sets of positions, those with the most important positions first."""
    for mask in range(2 ** len(priority) - 1, -1, -1):
        bits = reversed(range(len(priority)))
        yield frozenset(place for place, bit in zip(priority, bits, strict=True) if mask >> bit & 1)


def _is_safe(shown: Sequence[Span]) -> bool:
    """Return whether the lower ends and the upper ends of the ranges are both ascending.

    If they are not, a reader could narrow one range with the help of another.
    """
    return all(one.low <= other.low and one.high <= other.high for one, other in pairwise(shown))
