"""Disclosure control: published counts are ranges of five, so that nobody can be identified.

A count is published as the range that contains it: 0 to 4 ("fewer than 5"), 5 to 9 and so on. If a
count is compared with a number needed, one of the ranges starts at that number, so that readers can
tell whether it has been reached. The lowest range is then wider (for 8: 0 to 7, then 8 to 12).

We assume that readers have every range of every month, and know this rule and which counts include
others. They may also know that a count has not changed between two months. They must not be
able to narrow any range. Only ranges with different alignments can narrow one another. Counts that
may include one another therefore have the same alignment, in the same month and in all months (see
app.coverage.alignment). The choice depends only on the programme and never on a count, because
otherwise a missing range would reveal something about the count.

The tests in tests/unit/coverage/test_disclosure.py try to narrow the ranges with linear
programming.

Source: the disclosure rules of UK LLC (Longitudinal Linkage Collaboration), and councils' practice.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 5  # the minimum number of values in a published range


@dataclass(frozen=True)
class Span:
    """A range of counts, including both ends."""

    low: int
    high: int

    def meets(self, needed: int) -> bool | None:
        """Return whether all counts in the range are at least ``needed``, or None if some are."""
        if self.low >= needed:
            return True
        return False if self.high < needed else None


def alignment_offset(needed: int | None) -> int:
    """Return the alignment at which one of the ranges starts at the number needed.

    Return 0 if the number is less than the width of a range.
    """
    return needed % WIDTH if needed is not None and needed >= WIDTH else 0


def span(count: int, alignment: int = 0) -> Span:
    """Return the range that contains a count. ``alignment`` is from 0 to 4."""
    if count < alignment + WIDTH:
        return Span(0, alignment + WIDTH - 1)
    low = count - (count - alignment) % WIDTH
    return Span(low, low + WIDTH - 1)
