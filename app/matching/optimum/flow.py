"""Find a cheapest circulation of a network, and break ties between cheapest ones.

**Potentials.** A circulation is cheapest if and only if the nodes have potentials for which no
residual arc has a negative reduced cost `potential[tail] + cost - potential[head]`. Equivalently,
the residual graph has no negative cycle. The library does not expose its potentials, so this module
calculates them with Bellman-Ford.

**Ties.** In other cheapest circulations, the flow can differ only on arcs with a reduced cost of
zero. So a tie-breaker does not have to be combined with the costs, which would exceed 64 bits. It
is minimised separately on those arcs. The next tie-breaker then uses the arcs that are still open,
and so on. None of them can change the minimum found before it.

**Bounds.** Costs are int64. The library multiplies them by the number of nodes, and a potential is
at most the largest cost times the number of nodes. NetworkTooLarge is raised before solving if
either could reach 2**62.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from app.matching.optimum.arrays import Bools, Ints

Nodes = NDArray[np.int32]
TieBreaker = Callable[[Ints], Ints]
"""A function that returns a tie-breaker's costs for the arcs with these numbers."""

COST_LIMIT = 2**62
MAX_PRUNING_ROUNDS = 60


class NetworkTooLarge(ValueError):
    """Raised if a network is so large that its costs could exceed 64 bits."""


class NotOptimal(RuntimeError):
    """Raised if a circulation is infeasible or is not the cheapest one."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network of arcs sorted by tail. Nodes are numbered from 0. Each capacity is 1 or more."""

    nodes: int
    tail: Nodes
    head: Nodes
    capacity: Ints
    cost: Ints


def best_circulation(network: Network, tie_breakers: Sequence[TieBreaker] = ()) -> Ints:
    """Return the flow on each arc of the cheapest circulation.

    Ties are broken by the tie-breakers in order. The library's status is not checked independently:
    see proof.py. Raises NetworkTooLarge, or NotOptimal if the library does not report an optimum.
    """
    flow = np.zeros(len(network.tail), dtype=np.int64)
    flow[:] = _cheapest_circulation(network, flow)
    arcs = np.arange(len(network.tail))
    part = network
    for tie_breaker in tie_breakers:
        arcs = arcs[find_open_arcs(part, flow[arcs], calculate_potentials(part, flow[arcs]))]
        if not arcs.size:
            break
        part = subnetwork(network, arcs, tie_breaker(arcs))
        flow[arcs] = _cheapest_circulation(part, flow[arcs])
    return flow


def _cheapest_circulation(network: Network, start: Ints) -> Ints:
    """Improve a circulation until it is the cheapest, and return the flow on each arc."""
    if not start.any():
        return solve_with_library(network)
    up = np.flatnonzero(start < network.capacity)
    down = np.flatnonzero(start > 0)
    change = solve_with_library(
        Network(
            nodes=network.nodes,
            tail=np.concatenate((network.tail[up], network.head[down])),
            head=np.concatenate((network.head[up], network.tail[down])),
            capacity=np.concatenate((network.capacity[up] - start[up], start[down])),
            cost=np.concatenate((network.cost[up], -network.cost[down])),
        )
    )
    flow = start.copy()
    flow[up] += change[: len(up)]
    flow[down] -= change[len(up) :]
    return flow


def solve_with_library(network: Network) -> Ints:
    """Solve a network with the library and return the flow on each arc.

    The arcs can be in any order. Raises NetworkTooLarge, or NotOptimal if the library does not
    report an optimum.
    """
    if not len(network.tail):
        return np.zeros(0, dtype=np.int64)
    if int(np.abs(network.cost).max()) * (network.nodes + 1) >= COST_LIMIT:
        raise NetworkTooLarge(
            "The prices are too high for a matching of this size: they exceed 64 bits."
        )
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        network.tail, network.head, network.capacity, network.cost
    )
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise NotOptimal(f"The solver stopped with {status}.")
    return np.asarray(solver.flows(arcs), dtype=np.int64)


def subnetwork(network: Network, arcs: Ints, cost: Ints) -> Network:
    """Return a network with the same nodes but only these arcs, at the given costs."""
    ends = np.concatenate((network.tail[arcs], network.head[arcs]))
    nodes, numbers = np.unique(ends, return_inverse=True)
    tail, head = np.split(numbers.astype(np.int32), 2)
    return Network(
        nodes=len(nodes),
        tail=tail,
        head=head,
        capacity=network.capacity[arcs],
        cost=cost,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _ResidualArcs:
    """Residual arcs sorted by tail. The arcs of node i are at start[i] to start[i + 1] - 1."""

    start: Ints
    head: Nodes
    cost: Ints

    @classmethod
    def from_edges(cls, nodes: int, tail: Nodes, head: Nodes, cost: Ints) -> _ResidualArcs:
        start = np.zeros(nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(tail, minlength=nodes), out=start[1:])
        return cls(start, head, cost)

    def relax(self, potential: Ints, changed: Ints) -> Nodes:
        """Relax the arcs of the changed nodes and return the nodes whose potential decreased."""
        first = self.start[changed]
        count = self.start[changed + 1] - first
        ends = np.cumsum(count)
        if not ends.size or not ends[-1]:
            return np.empty(0, dtype=np.int32)
        arcs = np.repeat(first - ends + count, count) + np.arange(ends[-1])
        head = self.head[arcs]
        reached = np.repeat(potential[changed], count) + self.cost[arcs]
        lower = reached < potential[head]
        improved: Nodes = head[lower]
        np.minimum.at(potential, improved, reached[lower])
        return improved


def calculate_potentials(network: Network, flow: Ints) -> Ints:
    """Calculate the potentials of the nodes with Bellman-Ford on the residual graph.

    All potentials start at zero. Raises NotOptimal if the graph has a negative cycle.
    """
    up, down = flow < network.capacity, np.flatnonzero(flow > 0)
    down = down[np.argsort(network.head[down], kind="stable")]
    forwards = _ResidualArcs.from_edges(
        network.nodes, network.tail[up], network.head[up], network.cost[up]
    )
    backwards = _ResidualArcs.from_edges(
        network.nodes, network.head[down], network.tail[down], -network.cost[down]
    )
    potential = np.zeros(network.nodes, dtype=np.int64)
    changed = np.arange(network.nodes)
    for _ in range(network.nodes + 1):
        lower = (forwards.relax(potential, changed), backwards.relax(potential, changed))
        changed = np.unique(np.concatenate(lower)).astype(np.int64)
        if not changed.size:
            return potential
    raise NotOptimal("The flow is not the cheapest: the residual graph has a negative cycle.")


def calculate_reduced_costs(network: Network, potential: Ints) -> Ints:
    """Return the reduced cost of each arc."""
    return potential[network.tail] + network.cost - potential[network.head]


def find_open_arcs(network: Network, flow: Ints, potential: Ints) -> Bools:
    """Return a mask of the arcs that could have a different flow in another cheapest circulation.

    These arcs are on cycles of residual arcs with a reduced cost of zero. The result may include
    other arcs, which is harmless because their flow cannot change.
    """
    tight = np.flatnonzero(calculate_reduced_costs(network, potential) == 0)
    up, down = tight[flow[tight] < network.capacity[tight]], tight[flow[tight] > 0]
    arc = np.concatenate((up, down))
    tail = np.concatenate((network.tail[up], network.head[down]))
    head = np.concatenate((network.head[up], network.tail[down]))
    for _ in range(MAX_PRUNING_ROUNDS):
        entered = np.bincount(head, minlength=network.nodes) > 0
        left = np.bincount(tail, minlength=network.nodes) > 0
        kept = entered[tail] & left[head]
        if kept.all():
            break
        arc, tail, head = arc[kept], tail[kept], head[kept]
    result = np.zeros(len(flow), dtype=np.bool_)
    result[arc] = True
    return result
