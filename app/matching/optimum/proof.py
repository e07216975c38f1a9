"""Prove that a circulation is the best one, without relying on the solver's library.

Tests and `flask matching run --prove` use this module. A normal run relies on the status that the
library reports. The proof checks arc by arc that the potentials calculated by flow.py show the flow
to be optimal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.matching.optimum.arrays import Ints
from app.matching.optimum.flow import (
    Network,
    NotOptimal,
    TieBreaker,
    calculate_potentials,
    calculate_reduced_costs,
    find_open_arcs,
    subnetwork,
)


def prove_optimal(network: Network, flow: Ints, tie_breakers: Sequence[TieBreaker] = ()) -> None:
    """Prove that a flow is the cheapest circulation, with ties broken by the tie-breakers in order.

    Raises NotOptimal if the flow is not the best one.
    """
    check_circulation(network, flow)
    arcs = np.arange(len(network.tail))
    part = network
    for tie_breaker in (None, *tie_breakers):
        if tie_breaker is not None:
            part = subnetwork(network, arcs, tie_breaker(arcs))
        potential = calculate_potentials(part, flow[arcs])
        check_potentials(part, flow[arcs], potential)
        arcs = arcs[find_open_arcs(part, flow[arcs], potential)]
        if not arcs.size:
            break


def check_circulation(network: Network, flow: Ints) -> None:
    """Check that the flow respects the capacities and is conserved at each node.

    Raises NotOptimal otherwise.
    """
    balance = np.bincount(network.head, weights=flow, minlength=network.nodes)
    balance -= np.bincount(network.tail, weights=flow, minlength=network.nodes)
    if balance.any() or (flow < 0).any() or (flow > network.capacity).any():
        raise NotOptimal("The flow is not a circulation of the network.")


def check_potentials(network: Network, flow: Ints, potential: Ints) -> None:
    """Check that the potentials show the flow to be the cheapest. Raises NotOptimal otherwise."""
    reduced = calculate_reduced_costs(network, potential)
    if (reduced[flow < network.capacity] < 0).any() or (reduced[flow > 0] > 0).any():
        raise NotOptimal("The flow is not the cheapest.")
