"""An attacker with linear programming: no hidden count below five may be known to be below five."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from app.core.disclosure import THRESHOLD, safe_chain, safe_number, safe_table, shown

COUNTS = st.integers(0, 12) | st.integers(0, 200)
TABLES = st.dictionaries(st.text("abcdefghij", min_size=1, max_size=2), COUNTS, max_size=8)
CHAINS = st.lists(COUNTS, min_size=1, max_size=5).map(
    lambda steps: [int(value) for value in np.cumsum(steps)]
)


def most(
    cell: int, bounds: Sequence[tuple[int, int | None]], sums: Sequence[tuple[list[int], int]]
) -> float:
    """The largest value a cell can have, given what each may be and known sums of cells."""
    cost = np.zeros(len(bounds))
    cost[cell] = -1
    rows = np.zeros((len(sums), len(bounds)))
    for row, (cells, _) in enumerate(sums):
        rows[row, cells] = 1
    known = [total for _, total in sums]
    answer = linprog(
        cost,
        A_eq=rows if sums else None,
        b_eq=known if sums else None,
        bounds=list(bounds),
        method="highs",
    )
    if answer.status == 3:  # unbounded: nothing keeps it down
        return float("inf")
    assert answer.status == 0, "what is published contradicts itself"
    return -float(answer.fun or 0)


@given(TABLES)
@example({"a": 3, "b": 2})
@example({"a": 1, "b": 1, "c": 1})
@example({"a": 1, "b": 5})
@example({"a": 4, "b": 0, "c": 30})
@example({"a": 3, "b": 3})
def test_no_small_cell_of_a_table_is_known_to_be_small(table: dict[str, int]) -> None:
    safe = safe_table(table)
    keys = list(table)
    assert list(safe.counts) == keys
    # The attacker knows that zeros are shown, so a hidden count is at least 1.
    bounds = [(1, None) if (count := safe.counts[key]) is None else (count, count) for key in keys]
    sums = [(list(range(len(keys))), safe.total)] if safe.total is not None else []
    for cell, key in enumerate(keys):
        if safe.counts[key] is not None:
            assert safe.counts[key] == table[key]
            assert table[key] == 0 or table[key] >= THRESHOLD
        elif table[key] < THRESHOLD:
            assert most(cell, bounds, sums) >= THRESHOLD, (table, safe)


@given(TABLES)
def test_a_table_without_small_cells_is_shown_whole(table: dict[str, int]) -> None:
    fit = {key: count for key, count in table.items() if safe_number(count) is not None}
    safe = safe_table(fit)
    assert dict(safe.counts) == fit
    assert safe.total == sum(fit.values())


@given(CHAINS, st.randoms(use_true_random=False))
@example([3, 12], None)
@example([10, 12, 15, 17], None)
@example([1, 5], None)
def test_no_small_difference_in_a_chain_is_known_to_be_small(
    values: list[int], random: Random | None
) -> None:
    first = list(range(len(values)))
    if random:
        random.shuffle(first)
    safe = safe_chain(values, first)
    steps = [high - low for low, high in pairwise([0, *values])]
    sums = []
    for place, value in enumerate(safe):
        if value is not None:
            assert value == values[place]
            sums.append((list(range(place + 1)), value))
    # People in one count and not in the one before: each step may hold nobody.
    bounds: list[tuple[int, int | None]] = [(0, None)] * len(steps)
    for cell, step in enumerate(steps):
        if 0 < step < THRESHOLD:
            assert most(cell, bounds, sums) >= THRESHOLD, (values, safe)
    # Nor with the knowledge that whoever was hidden was not nobody.
    cautious: list[tuple[int, int | None]] = [(min(step, 1), None) for step in steps]
    for cell, step in enumerate(steps):
        if 0 < step < THRESHOLD:
            assert most(cell, cautious, sums) >= THRESHOLD, (values, safe)


@given(CHAINS)
def test_what_matters_most_in_a_chain_is_kept_when_it_can_be(values: list[int]) -> None:
    last = len(values) - 1
    safe = safe_chain(values, list(range(last, -1, -1)))
    if values[last] == 0 or values[last] >= THRESHOLD + last:
        assert safe[last] == values[last]


def test_a_chain_by_hand() -> None:
    # 15 trained, of whom 12 in date, 17 anywhere: 3 lapsed and 2 elsewhere can't be shown.
    assert safe_chain([12, 15, 17], [1, 2, 0]) == [None, 15, None]
    assert safe_chain([12, 15, 25], [1, 2, 0]) == [None, 15, 25]
    assert safe_chain([10, 15, 25], [1, 2, 0]) == [10, 15, 25]
    assert safe_chain([0, 15, 15], [1, 2, 0]) == [0, 15, 15]
    assert safe_chain([3, 3], [0, 1]) == [None, None]
    # 5 trained, of whom 2 in date: whoever saw the 5 would know that both parts are small.
    assert safe_chain([2, 5], [1, 0]) == [None, None]


def test_a_chain_must_ascend() -> None:
    with pytest.raises(ValueError, match="contains"):
        safe_chain([3, 2], [0, 1])


@pytest.mark.parametrize(("count", "safe"), [(0, 0), (1, None), (4, None), (5, 5), (50, 50)])
def test_one_number(count: int, safe: int | None) -> None:
    assert safe_number(count) == safe


def test_how_it_reads() -> None:
    assert shown(None) == "fewer than 5 or hidden"
    assert shown(1234) == "1,234"
