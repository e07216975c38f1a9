"""Numbers that leave the team: small counts hidden, and enough others that sums don't betray them.

Primary: a count of 1 to 4 is hidden (0 may show). Secondary: where a total is published, a hidden
count must not be what is left after subtracting the visible ones; and the sum of what is hidden
must itself not be small. Source: FACTS.md 5.9 (UK LLC, council practice).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

THRESHOLD = 5  # the smallest count, but 0, that may be shown


@dataclass(frozen=True)
class SafeTable:
    """Counts fit to be shown: None where hidden. `total` is None when it had to go too."""

    counts: Mapping[str, int | None]
    total: int | None


def safe_number(count: int) -> int | None:
    """One count by itself: None when it is 1 to 4."""
    return None if 0 < count < THRESHOLD else count


def safe_table(counts: Mapping[str, int]) -> SafeTable:
    """A list of counts published with their total.

    Hides 1 to 4. If exactly one is hidden, or the hidden ones sum to less than the threshold, the
    smallest visible counts above 0 are hidden as well (by size, then key), until what a reader
    gets by subtraction is a sum of at least two hidden counts of at least the threshold. When
    nothing is left to hide, the total goes.
    """
    total = sum(counts.values())
    hidden = {key for key, count in counts.items() if safe_number(count) is None}
    spare = sorted(
        (key for key, count in counts.items() if count > 0 and key not in hidden),
        key=lambda key: (counts[key], key),
    )
    if hidden:
        while spare and (
            len(hidden) < 2 or sum(counts[key] for key in hidden) < THRESHOLD
        ):
            hidden.add(spare.pop(0))
        if len(hidden) < 2 or sum(counts[key] for key in hidden) < THRESHOLD:
            return SafeTable(
                {k: None if k in hidden else c for k, c in counts.items()}, None
            )
    return SafeTable({k: None if k in hidden else c for k, c in counts.items()}, total)


def shown(count: int | None) -> str:
    """How a safe count reads."""
    return "fewer than 5 or hidden" if count is None else f"{count:,}"
