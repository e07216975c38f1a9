"""Attack published ranges with linear programming, to show that they cannot be narrowed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from app.coverage.disclosure import WIDTH, Span, offset, safe_spans, span

COUNTS = st.integers(0, 12) | st.integers(0, 200)
NEEDED = st.none() | st.integers(1, 60)
CHAINS = st.lists(st.tuples(COUNTS, NEEDED), min_size=1, max_size=5).map(
    lambda steps: (
        [int(value) for value in np.cumsum([step for step, _ in steps])],
        [needed for _, needed in steps],
    )
)


def extremes(cost: Sequence[float], shown: Sequence[tuple[int, Span]], size: int) -> list[int]:
    """Return the least and the greatest weighted sum of counts that the shown ranges allow."""
    bounds: list[tuple[int, int | None]] = [(0, None)] * size
    for place, one in shown:
        bounds[place] = (one.low, one.high)
    ascending = np.zeros((size - 1, size))
    for row in range(size - 1):
        ascending[row, row], ascending[row, row + 1] = 1, -1
    found = []
    for sign in (1, -1):
        answer = linprog(
            sign * np.array(cost),
            A_ub=ascending if size > 1 else None,
            b_ub=np.zeros(size - 1) if size > 1 else None,
            bounds=bounds,
            method="highs",
        )
        assert answer.status == 0, "the published ranges contradict each other"
        found.append(round(sign * float(answer.fun)))
    return found


@given(CHAINS, st.randoms(use_true_random=False))
@example(([3, 12], [None, None]), None)
@example(([11, 12], [None, 13]), None)
@example(([5, 5, 9], [7, None, 8]), None)
def test_a_range_cannot_be_narrowed(
    chain: tuple[list[int], list[int | None]], random: Random | None
) -> None:
    values, needed = chain
    first = list(range(len(values)))
    if random:
        random.shuffle(first)
    safe = safe_spans(values, needed, first)
    shown = [(place, one) for place, one in enumerate(safe) if one is not None]
    for place, one in shown:
        assert one == span(values[place], needed[place])
        assert one.low <= values[place] <= one.high
        cost = [float(cell == place) for cell in range(len(values))]
        assert extremes(cost, shown, len(values)) == [one.low, one.high]
    for (low, _), (high, _) in combinations(shown, 2):
        cost = [float((cell == high) - (cell == low)) for cell in range(len(values))]
        least, most = extremes(cost, shown, len(values))
        assert most - least >= WIDTH - 1  # the number of people in one count but not the other
    assert safe[first[0]] is not None  # the most important count is shown


@given(st.lists(COUNTS, min_size=1, max_size=5), NEEDED)
def test_ranges_with_the_same_alignment_are_all_shown(steps: list[int], needed: int | None) -> None:
    values = [int(value) for value in np.cumsum(steps)]
    safe = safe_spans(values, [needed] * len(values), list(range(len(values))))
    assert None not in safe


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_number_of_people_with_unknown_area_narrows_no_range(
    held: int, more: int, far: int
) -> None:
    """A reader may know the ranges of people inside, of unknown area and anywhere."""
    inside, unknown, everywhere = span(held), span(more), span(held + more + far)
    for low, high in ((inside.low, unknown.low), (inside.high, unknown.low)):
        assert low + high <= everywhere.high
    assert inside.low + unknown.high <= everywhere.high
    assert inside.low + unknown.low <= everywhere.low


@given(COUNTS, NEEDED)
def test_ranges_are_wide_and_show_whether_the_target_is_met(count: int, needed: int | None) -> None:
    told = span(count, needed)
    assert told.high - told.low >= WIDTH - 1
    if needed is not None and needed >= WIDTH:
        assert told.meets(needed) is (count >= needed)
    elif needed is not None:
        assert told.meets(needed) in (None, count >= needed)


@given(NEEDED)
def test_ranges_have_no_gaps(needed: int | None) -> None:
    seen = sorted({(span(n, needed).low, span(n, needed).high) for n in range(100)})
    assert seen[0][0] == 0
    assert all(before[1] + 1 == after[0] for before, after in pairwise(seen))


@pytest.mark.parametrize(
    ("count", "needed", "low", "high"),
    [
        (0, 10, 0, 4), (4, 10, 0, 4), (5, 10, 5, 9), (9, 10, 5, 9), (10, 10, 10, 14),
        (3, 8, 0, 7), (7, 8, 0, 7), (8, 8, 8, 12), (12, None, 10, 14), (2, 2, 0, 4),
    ],
)  # fmt: skip
def test_known_ranges(count: int, needed: int | None, low: int, high: int) -> None:
    assert span(count, needed) == Span(low, high)


def test_whether_a_small_target_is_met_is_hidden() -> None:
    assert offset(2) == 0
    assert span(3, 2).meets(2) is None
    assert span(5, 2).meets(2) is True


def test_values_must_be_ascending() -> None:
    with pytest.raises(ValueError, match="contains"):
        safe_spans([3, 2], [None, None], [0, 1])
