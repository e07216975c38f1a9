"""The cheapest circulation of a network, and then the best of all cheapest ones.

**Potentials.** A circulation is cheapest exactly when numbers (potentials) can be put on the nodes
so that no arc that could still take flow, forwards or backwards, has a negative reduced cost
`potential[tail] + cost - potential[head]`; that is the same as: the residual graph has no negative
cycle. The library does not give its potentials away, so they are found here by Bellman-Ford.

**Ties.** The potentials show every other cheapest circulation: flow may only change on arcs of
reduced cost zero. So a second wish never has to be mixed into the first one's costs (which would
need a scale beyond 64 bits): it is minimised by itself on those arcs, then the third on what the
second leaves open, and so on. The first optimum can't change by it.

**Bounds.** Costs are int64. The library scales them by the number of nodes, and a potential is
at most the largest cost times the number of nodes; both stay below 2**62 or NetworkTooLarge is
raised before anything is solved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from app.matching.optimum.arrays import Bools, Ints

Nodes = NDArray[np.int32]
Wish = Callable[[Ints], Ints]
"""Gives the costs of the arcs with these numbers."""

COST_LIMIT = 2**62
PEELINGS = 60


class NetworkTooLarge(ValueError):
    """Costs and size together do not fit 64 bits."""


class NotOptimal(RuntimeError):
    """A circulation is not feasible, or a cheaper one exists. This is never expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Arcs in order of their tails; capacity 1 or more. Nodes are numbered from 0."""

    nodes: int
    tail: Nodes
    head: Nodes
    capacity: Ints
    cost: Ints


def best_circulation(network: Network, wishes: Sequence[Wish] = ()) -> Ints:
    """Return the flow on each arc of the cheapest circulation that fulfils the wishes in order.

    The status of the solver's library is trusted; proof.py checks a result. Raises NetworkTooLarge
    and NotOptimal.
    """
    flow = np.zeros(len(network.tail), dtype=np.int64)
    flow[:] = _cheapest(network, flow)
    arcs = np.arange(len(network.tail))
    part = network
    for wish in wishes:
        arcs = arcs[open_arcs(part, flow[arcs], potentials(part, flow[arcs]))]
        if not arcs.size:
            break
        part = part_of(network, arcs, wish(arcs))
        flow[arcs] = _cheapest(part, flow[arcs])
    return flow


def _cheapest(network: Network, start: Ints) -> Ints:
    """Improve the start (a circulation) until no cheaper one exists."""
    if not start.any():
        return library_flow(network)
    up = np.flatnonzero(start < network.capacity)
    down = np.flatnonzero(start > 0)
    change = library_flow(
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


def library_flow(network: Network) -> Ints:
    """Return the flow of the cheapest circulation, as the library finds it. Arcs in any order.

    Raises NetworkTooLarge, and NotOptimal if the library does not report an optimum.
    """
    if not len(network.tail):
        return np.zeros(0, dtype=np.int64)
    if int(np.abs(network.cost).max()) * (network.nodes + 1) >= COST_LIMIT:
        raise NetworkTooLarge("The matching is too large for its prices: they exceed 64 bits.")
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        network.tail, network.head, network.capacity, network.cost
    )
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise NotOptimal(f"The solver stopped with {status}.")
    return np.asarray(solver.flows(arcs), dtype=np.int64)


def part_of(network: Network, arcs: Ints, cost: Ints) -> Network:
    """Return a network of these arcs alone, with other costs. Its nodes keep their order."""
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
class _Steps:
    """Residual arcs in order of their tails: those of node i are start[i] to start[i + 1]."""

    start: Ints
    head: Nodes
    cost: Ints

    @classmethod
    def of(cls, nodes: int, tail: Nodes, head: Nodes, cost: Ints) -> _Steps:
        start = np.zeros(nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(tail, minlength=nodes), out=start[1:])
        return cls(start, head, cost)

    def improve(self, potential: Ints, changed: Ints) -> Nodes:
        """Take every step from the changed nodes; return the nodes that came out lower."""
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


def potentials(network: Network, flow: Ints) -> Ints:
    """Bellman-Ford over the residual graph from all nodes at zero.

    Only nodes that came out lower are looked at again. More rounds than nodes mean a negative
    cycle: NotOptimal.
    """
    up, down = flow < network.capacity, np.flatnonzero(flow > 0)
    down = down[np.argsort(network.head[down], kind="stable")]
    forwards = _Steps.of(network.nodes, network.tail[up], network.head[up], network.cost[up])
    backwards = _Steps.of(
        network.nodes, network.head[down], network.tail[down], -network.cost[down]
    )
    potential = np.zeros(network.nodes, dtype=np.int64)
    changed = np.arange(network.nodes)
    for _ in range(network.nodes + 1):
        lower = (forwards.improve(potential, changed), backwards.improve(potential, changed))
        changed = np.unique(np.concatenate(lower)).astype(np.int64)
        if not changed.size:
            return potential
    raise NotOptimal("The flow is not the cheapest: the residual graph has a negative cycle.")


def reduced_costs(network: Network, potential: Ints) -> Ints:
    """Return the reduced cost of each arc."""
    return potential[network.tail] + network.cost - potential[network.head]


def open_arcs(network: Network, flow: Ints, potential: Ints) -> Bools:
    """Arcs whose flow could differ in another cheapest circulation (or a few more).

    Such an arc lies on a cycle of residual arcs of reduced cost zero. Nodes that none of these
    arcs enters, or none leaves, are peeled off again and again; what never lay on a cycle but is
    left when the peeling stops does no harm: its flow cannot change anyway.
    """
    tight = np.flatnonzero(reduced_costs(network, potential) == 0)
    up, down = tight[flow[tight] < network.capacity[tight]], tight[flow[tight] > 0]
    arc = np.concatenate((up, down))
    tail = np.concatenate((network.tail[up], network.head[down]))
    head = np.concatenate((network.head[up], network.tail[down]))
    for _ in range(PEELINGS):
        entered = np.bincount(head, minlength=network.nodes) > 0
        left = np.bincount(tail, minlength=network.nodes) > 0
        kept = entered[tail] & left[head]
        if kept.all():
            break
        arc, tail, head = arc[kept], tail[kept], head[kept]
    result = np.zeros(len(flow), dtype=np.bool_)
    result[arc] = True
    return result
