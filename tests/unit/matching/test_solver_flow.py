"""Proving that a flow is optimal, and breaking ties."""

from __future__ import annotations

import numpy as np
import pytest

from app.matching.optimum.arrays import Ints
from app.matching.optimum.flow import Network, NotOptimal, best_circulation, calculate_potentials
from app.matching.optimum.proof import check_circulation, check_potentials, prove_optimal


def network(nodes: int, arcs: list[tuple[int, int, int, int]]) -> Network:
    """Return a network with the arcs (tail, head, capacity, cost), which must be sorted by tail."""
    tail, head, capacity, cost = (np.array(column) for column in zip(*arcs, strict=True))
    return Network(nodes, tail.astype(np.int32), head.astype(np.int32), capacity, cost)


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


TWO_WAYS = network(3, [(0, 1, 1, -5), (0, 2, 1, -5), (1, 0, 1, 0), (2, 0, 1, 0)])
ONE_OF_TWO = network(4, [(0, 1, 1, -5), (0, 2, 1, -5), (1, 3, 1, 0), (2, 3, 1, 0), (3, 0, 1, 0)])


def test_the_cheapest_flow_passes_the_proof() -> None:
    flow = best_circulation(TWO_WAYS)
    assert flow.tolist() == [1, 1, 1, 1]
    prove_optimal(TWO_WAYS, flow)
    check_potentials(TWO_WAYS, flow, calculate_potentials(TWO_WAYS, flow))


def test_a_flow_that_is_not_cheapest_has_no_potentials() -> None:
    with pytest.raises(NotOptimal, match="negative cycle"):
        calculate_potentials(TWO_WAYS, ints(1, 0, 1, 0))
    with pytest.raises(NotOptimal, match="not the cheapest"):
        check_potentials(TWO_WAYS, ints(1, 0, 1, 0), ints(0, 0, 0))
    with pytest.raises(NotOptimal):
        prove_optimal(TWO_WAYS, ints(1, 0, 1, 0))


@pytest.mark.parametrize("flow", [(1, 1, 1, 0), (2, 0, 2, 0), (-1, 0, -1, 0)])
def test_an_infeasible_flow_is_rejected(flow: tuple[int, ...]) -> None:
    with pytest.raises(NotOptimal, match="not a circulation"):
        check_circulation(TWO_WAYS, ints(*flow))
    with pytest.raises(NotOptimal, match="not a circulation"):
        prove_optimal(TWO_WAYS, ints(*flow))


@pytest.mark.parametrize(
    ("tie_breakers", "first"), [([(2, 1)], 0), ([(1, 2)], 1), ([(3, 3), (7, 4)], 0)]
)
def test_tie_breakers_choose_among_the_cheapest_flows_in_order(
    tie_breakers: list[tuple[int, int]], first: int
) -> None:
    def costs(pair: tuple[int, int]) -> Ints:
        return ints(*pair, 0, 0, 0)

    made = [lambda arcs, pair=pair: costs(pair)[arcs] for pair in tie_breakers]
    flow = best_circulation(ONE_OF_TWO, made)
    assert flow.tolist() == [first, 1 - first, first, 1 - first, 1]
    prove_optimal(ONE_OF_TWO, flow, made)


def test_a_cheapest_flow_that_ignores_a_tie_breaker_is_rejected() -> None:
    ignoring = ints(1, 0, 1, 0, 1)
    prove_optimal(ONE_OF_TWO, ignoring)
    with pytest.raises(NotOptimal):
        prove_optimal(ONE_OF_TWO, ignoring, [lambda arcs: ints(2, 1, 0, 0, 0)[arcs]])


def test_a_tie_breaker_does_not_change_the_minimum_cost() -> None:
    dearer = network(4, [(0, 1, 1, -5), (0, 2, 1, -6), (1, 3, 1, 0), (2, 3, 1, 0), (3, 0, 1, 0)])
    flow = best_circulation(dearer, [lambda arcs: ints(-(10**9), 10**9, 0, 0, 0)[arcs]])
    assert flow.tolist() == [0, 1, 0, 1, 1]


def test_the_best_flow_of_a_network_without_arcs_is_empty() -> None:
    none = np.zeros(0, dtype=np.int64)
    ends = none.astype(np.int32)
    assert best_circulation(Network(1, ends, ends, none, none)).tolist() == []
