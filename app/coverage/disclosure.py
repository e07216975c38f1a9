"""Disclosure control: published counts are ranges of five, so that nobody can be identified.

A count is published as the range it lies in: 0 to 4 ("fewer than 5"), 5 to 9 and so on. Where the
count is compared with a number needed, the ranges are aligned to that number, so that the range
says whether it is met. The lowest range is then longer (for 8: 0 to 7, then 8 to 12).

We assume that a reader has every published range, and knows this rule and which counts contain one
another. They may learn the range of a count and nothing narrower. Of the people who are in one
count and not in the next, they may learn a range of five or more values. A range that other ranges
would narrow is hidden. tests/unit/coverage/test_disclosure.py attacks this with linear programming.
Source: the disclosure rules of UK LLC (Longitudinal Linkage Collaboration), and what councils do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH = 5  # values in a range: the fewest among which a count may be told


@dataclass(frozen=True)
class Span:
    """The range a count lies in, both ends included."""

    low: int
    high: int

    def meets(self, needed: int) -> bool | None:
        """Whether the count reaches a number; None where the range does not say."""
        if self.low >= needed:
            return True
        return False if self.high < needed else None


def offset(needed: int | None) -> int:
    """How far ranges are shifted so that one begins at the number needed.

    A number below the width of a range shifts nothing: whether it is met stays hidden with counts
    as low as that.
    """
    return needed % WIDTH if needed is not None and needed >= WIDTH else 0


def span(count: int, needed: int | None = None) -> Span:
    """The range of a count. needed: the number that it is held against."""
    start = offset(needed)
    if count < start + WIDTH:
        return Span(0, start + WIDTH - 1)
    low = count - (count - start) % WIDTH
    return Span(low, low + WIDTH - 1)


def safe_spans(
    values: Sequence[int], needed: Sequence[int | None], first: Sequence[int]
) -> list[Span | None]:
    """Ranges of counts of which each contains the one before: [in date, trained, anywhere].

    needed: the number that each is held against. Ranges that are aligned differently can narrow one
    another. Of all choices in which none does, the one that keeps what comes earliest in `first` is
    shown, a list of positions in the order of importance. Raises ValueError when the values do not
    ascend.
    """
    if any(low > high for low, high in pairwise(values)):
        raise ValueError("Each count of a chain contains the one before it.")
    spans = [span(value, number) for value, number in zip(values, needed, strict=True)]
    for shown in _choices(first):
        if _is_safe([spans[place] for place in sorted(shown)]):
            return [one if place in shown else None for place, one in enumerate(spans)]
    return [None] * len(values)  # not reached: nothing shown is safe


def _choices(first: Sequence[int]) -> Iterator[frozenset[int]]:
    """Sets of positions, those that keep the earliest of `first` before those that do not."""
    for mask in range(2 ** len(first) - 1, -1, -1):
        bits = reversed(range(len(first)))
        yield frozenset(place for place, bit in zip(first, bits, strict=True) if mask >> bit & 1)


def _is_safe(shown: Sequence[Span]) -> bool:
    """Whether both ends ascend: a range that begins lower, or ends higher, than one that contains
    its count would be cut there.
    """
    return all(one.low <= other.low and one.high <= other.high for one, other in pairwise(shown))
