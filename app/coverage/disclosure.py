"""Disclosure control: published counts are ranges of five, so that nobody can be identified.

A count is published as the range it lies in: 0 to 4 ("fewer than 5"), 5 to 9 and so on. Where the
count is compared with a number needed, the ranges are aligned to that number, so that the range
says whether it is met. The lowest range is then longer (for 8: 0 to 7, then 8 to 12).

We assume that a reader has every range of every month, and knows this rule and which counts include
which others. They may also know that a count has not changed between two months. The reader must
not be able to narrow any range. Only ranges with different alignments can narrow one another, so
counts that may include one another have the same alignment, in the same month and in all months
(see app.coverage.alignment). The choice depends only on the programme and never on a count.
Otherwise a missing range would give the count away.

The tests in tests/unit/coverage/test_disclosure.py try to narrow the ranges with linear
programming.

Source: the disclosure rules of UK LLC (Longitudinal Linkage Collaboration) and councils' practice.
"""

from __future__ import annotations

from dataclasses import dataclass

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


def alignment_offset(needed: int | None) -> int:
    """Return how far to shift the ranges so that one of them starts at the number needed.

    A number below the width of a range gives no shift. Whether such a low number is met stays
    hidden.
    """
    return needed % WIDTH if needed is not None and needed >= WIDTH else 0


def span(count: int, start: int = 0) -> Span:
    """Return the range of a count. ``start`` is the alignment, from 0 to 4."""
    if count < start + WIDTH:
        return Span(0, start + WIDTH - 1)
    low = count - (count - start) % WIDTH
    return Span(low, low + WIDTH - 1)
