"""A proof that a circulation is the best one, which takes no library on trust.

A run of the matching trusts the status of the solver's library. Tests, and `flask matching run
--prove`, check its results here: the potentials of flow.py are a certificate, and this module
checks the certificate arc by arc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.matching.optimum.arrays import Ints
from app.matching.optimum.flow import (
    Network,
    NotOptimal,
    Wish,
    open_arcs,
    part_of,
    potentials,
    reduced_costs,
)


def prove(network: Network, flow: Ints, wishes: Sequence[Wish] = ()) -> None:
    """Prove that the flow is the cheapest circulation, and fulfils the wishes in their order.

    Raises NotOptimal if it does not.
    """
    check_circulation(network, flow)
    arcs = np.arange(len(network.tail))
    part = network
    for wish in (None, *wishes):
        if wish is not None:
            part = part_of(network, arcs, wish(arcs))
        potential = potentials(part, flow[arcs])
        check_potentials(part, flow[arcs], potential)
        arcs = arcs[open_arcs(part, flow[arcs], potential)]
        if not arcs.size:
            break


def check_circulation(network: Network, flow: Ints) -> None:
    """Check that each node passes on what it takes in. Raises NotOptimal."""
    balance = np.bincount(network.head, weights=flow, minlength=network.nodes)
    balance -= np.bincount(network.tail, weights=flow, minlength=network.nodes)
    if balance.any() or (flow < 0).any() or (flow > network.capacity).any():
        raise NotOptimal("The flow does not keep to the network.")


def check_potentials(network: Network, flow: Ints, potential: Ints) -> None:
    """Check that the potentials show the flow to be the cheapest. Raises NotOptimal."""
    reduced = reduced_costs(network, potential)
    if (reduced[flow < network.capacity] < 0).any() or (reduced[flow > 0] > 0).any():
        raise NotOptimal("The flow is not the cheapest.")
