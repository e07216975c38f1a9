"""Numbers that leave the team: small counts hidden, and enough others that nothing betrays them.

What is assumed of a reader: they know every published number and how it was added up, that counts
are whole, that zeros are shown, and this rule. What they must not learn: that a hidden count is
below the threshold. So for each hidden count below it, the published numbers leave room for a value
at or above it (tests/unit/core/test_disclosure.py attacks with linear programming).

Primary: a count of 1 to 4 is hidden (0 may show). Secondary: a hidden count must not be what is
left after subtracting visible ones, nor may the sum of what is hidden leave no room.
Source: the disclosure rules of UK LLC (Longitudinal Linkage Collaboration), and what councils do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

THRESHOLD = 5  # the smallest count, but 0, that may be shown


def steady_number(count: int, last: int | None) -> int:
    """A count to publish, given what was last shown of it (None: never shown).

    Who compares two publications must not learn that one person came or left. So the count stands
    as it was last shown until it differs from that by the threshold or more; small steps add up,
    because each is measured against what was shown and not against what was counted.
    """
    return count if last is None or abs(count - last) >= THRESHOLD else last


@dataclass(frozen=True)
class SafeTable:
    """Counts fit to be shown: None where hidden. `total` is None when it had to go too."""

    counts: Mapping[str, int | None]
    total: int | None


def safe_number(count: int) -> int | None:
    """One count by itself: None when it is 1 to 4."""
    return None if 0 < count < THRESHOLD else count


def safe_table(counts: Mapping[str, int]) -> SafeTable:
    """Counts of people who are in one row each, published with their total.

    Hides 1 to 4. A reader who subtracts the visible counts from the total knows the sum of the
    hidden ones, and that each is at least 1; so the smallest visible counts above 0 go as well (by
    size, then key) until at least two are hidden and any one of them could be at the threshold or
    above. When nothing is left to hide, the total goes.
    """
    hidden = {key for key, count in counts.items() if safe_number(count) is None}
    spare = sorted(
        (key for key, count in counts.items() if count > 0 and key not in hidden),
        key=lambda key: (counts[key], key),
    )
    total: int | None = sum(counts.values())
    while hidden and not _leaves_room([counts[key] for key in hidden]):
        if not spare:
            total = None
            break
        hidden.add(spare.pop(0))
    return SafeTable({k: None if k in hidden else c for k, c in counts.items()}, total)


def _leaves_room(hidden: Sequence[int]) -> bool:
    """Whether each of several counts of at least 1, of known sum, could be at the threshold."""
    return len(hidden) > 1 and sum(hidden) - (len(hidden) - 1) >= THRESHOLD


def safe_chain(values: Sequence[int], first: Sequence[int]) -> list[int | None]:
    """Counts of which each contains the one before: [in date, trained, trained anywhere].

    Subtracting two that are shown gives the number of those in one and not in the other, so that
    must be 0 or reach the threshold, and leave room where others are hidden between them. Of all
    safe choices it shows the one that keeps what comes earliest in `first`, a list of positions in
    the order of importance. Raises ValueError when the values do not ascend.
    """
    if any(low > high for low, high in pairwise(values)):
        raise ValueError("Each count of a chain contains the one before it.")
    for shown in _choices(first):
        if _is_safe(values, shown):
            return [value if place in shown else None for place, value in enumerate(values)]
    return [None] * len(values)


def _choices(first: Sequence[int]) -> Iterator[frozenset[int]]:
    """Sets of positions, those that keep the earliest of `first` before those that do not."""
    for mask in range(2 ** len(first) - 1, -1, -1):
        bits = reversed(range(len(first)))
        yield frozenset(place for place, bit in zip(first, bits, strict=True) if mask >> bit & 1)


def _is_safe(values: Sequence[int], shown: frozenset[int]) -> bool:
    before, last = 0, -1
    for place in sorted(shown):
        gap, between = values[place] - before, place - last - 1
        if gap and gap - between < THRESHOLD:
            return False
        before, last = values[place], place
    return True


def shown(count: int | None) -> str:
    """How a safe count reads."""
    return "fewer than 5 or hidden" if count is None else f"{count:,}"
