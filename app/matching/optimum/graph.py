"""A matching as a circulation whose cheapest flow is the best set of placements.

    root -> person -> need -> root                     the area is served, or has only this need
    root -> person -> need -> area -> root             several needs share an empty area

- root -> person: one arc of capacity 1 for each assignment the person may still take, at its
  price. The prices never fall, so the first is always used before the second.
- person -> need: one arc for each candidate row: the price of the distance, less the price of
  a change where the person stands there already (leaving would cost that much).
- need -> root or area: one arc for each open place k of T, worth priority x (T - k + 1) / T.
  The worth never rises with k, so place k is always filled before place k + 1.
- area -> root: one arc of capacity 1 worth the step of the first champion, one worth nothing for
  all others. Where an empty area has one need only, its first place carries the step itself.

All worths fall and all prices rise from arc to arc, so no flow can earn the worth of a later arc
without the earlier one, and the cheapest circulation (always in whole numbers) is the optimum.

**Nobody is placed at a loss.** Taking one placement out gives back its distance and the dearest
of the person's assignments and loses the last place of the need. In an optimum that is no gain,
so each placement's own score, with the k and the assignment it is shown with, is nought or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.matching.optimum.arrays import Bools, Ints, Model
from app.matching.optimum.flow import Network
from app.matching.optimum.problem import POINT, Prices


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """The network, and which of its arcs are the candidate rows (in the rows' order).

    `distance` and `kept` are the parts of each row's cost; `step` is the worth of the first
    champion of an empty area; `allowed` is how many more assignments each person may take.
    """

    network: Network
    rows: slice
    distance: Ints
    kept: Ints
    step: int
    allowed: Ints


def place_worth(priority: Ints, places: Ints, place: Ints) -> Ints:
    """priority x (T - k + 1) / T in whole thousandths, rounded down, so never rising with k."""
    return priority * POINT * (places - place + 1) // places


class _Arcs(NamedTuple):
    tail: Ints
    head: Ints
    capacity: Ints
    cost: Ints


def build(model: Model, prices: Prices) -> Graph:
    """The graph of a model. Nodes: 0 the root, then people, needs, empty areas of several needs."""
    distance = model.row_distance * prices.distance_per_km // 1_000
    kept = np.where(model.row_standing, prices.change, 0)
    allowed = np.maximum(len(prices.assignments) - model.person_load, 0)
    open_places = _open_places(model)
    shared = _areas_of_several_needs(model, open_places)
    step = first_champion_step(model, prices, distance, kept, int(shared.sum()))

    first_need = 1 + len(model.person_id)
    first_area = first_need + len(model.need_id)
    area_node = np.where(shared, first_area + np.cumsum(shared) - 1, 0)
    assignments = _assignment_arcs(model, prices, allowed)
    person, need = 1 + model.row_person, first_need + model.row_need
    rows = _Arcs(person, need, np.ones_like(person), distance - kept)
    places = _place_arcs(model, open_places, step, first_need, area_node)
    areas = _area_arcs(model, open_places, step, area_node)
    tails, heads, capacities, costs = zip(assignments, rows, places, areas, strict=True)
    network = Network(
        nodes=first_area + int(shared.sum()),
        tail=np.concatenate(tails).astype(np.int32),
        head=np.concatenate(heads).astype(np.int32),
        capacity=np.concatenate(capacities),
        cost=np.concatenate(costs),
    )
    start = len(assignments.tail)
    return Graph(network, slice(start, start + len(person)), distance, kept, step, allowed)


def _assignment_arcs(model: Model, prices: Prices, allowed: Ints) -> _Arcs:
    person, taken = _repeated(allowed)
    price = np.array(prices.assignments, dtype=np.int64)[taken + model.person_load[person]]
    return _Arcs(np.zeros_like(person), 1 + person, np.ones_like(person), price)


def _place_arcs(
    model: Model, open_places: Ints, step: int, first_need: int, area_node: Ints
) -> _Arcs:
    need, filled = _repeated(open_places)
    worth = place_worth(model.priority[need], model.places[need], model.held[need] + filled + 1)
    area = model.area[need]
    carries_step = model.area_empty[area] & (area_node[area] == 0) & (filled == 0)
    worth += np.where(carries_step, step, 0)
    return _Arcs(first_need + need, area_node[area], np.ones_like(need), -worth)


def _area_arcs(model: Model, open_places: Ints, step: int, area_node: Ints) -> _Arcs:
    """Two for each shared area: the first champion, then all the others."""
    places = np.zeros(len(area_node), dtype=np.int64)
    np.add.at(places, model.area, open_places)
    shared = np.flatnonzero(area_node)
    tail = np.repeat(area_node[shared], 2)
    capacity, cost = np.ones_like(tail), np.zeros_like(tail)
    capacity[1::2] = places[shared] - 1
    cost[::2] = -step
    return _Arcs(tail, np.zeros_like(tail), capacity, cost)


def first_champion_step(
    model: Model, prices: Prices, distance: Ints, kept: Ints, shared_areas: int
) -> int:
    """The worth, in thousandths, of the first champion of an empty area: a power of ten so large
    that no solution reaches more empty areas than the best one does.

    Proof. Let another solution reach more empty areas than the best one. The difference of the two
    circulations splits into simple cycles of the best one's residual graph; at least one of them
    gains a step and loses none. What can it lose besides? A simple cycle passes each node once:
    - at the root it may take back a place (at most the highest priority, in thousandths) or take
      up one more assignment (at most its dearest price);
    - at each empty area of several needs it may swap one need's place for another's (at most the
      highest priority);
    - at each person it may swap one need for another (at most the longest distance's price plus
      the price of a change). It passes at most as many people as there are, and at most one more
      than there are needs, since it comes from and goes to a need or the root.
    The step exceeds the sum of these. So the cycle would be a gain, and the best solution not the
    best. Hence no place of a served area, distance, further assignment or change, however many of
    them together, keeps an empty area from its first champion.
    """
    highest = POINT * int(model.priority.max(initial=1))
    swap = int(distance.max(initial=0)) + int(kept.max(initial=0))
    passed = min(len(model.person_id), len(model.need_id) + 1)
    loss = highest * (1 + shared_areas) + prices.assignments[-1] + swap * passed
    step = POINT
    while step <= loss:
        step *= 10
    return step


def _open_places(model: Model) -> Ints:
    """Places that are not held, no more than the need has candidates."""
    candidates = np.bincount(model.row_need, minlength=len(model.need_id))
    fillable: Ints = np.clip(model.places - model.held, 0, candidates)
    return fillable


def _areas_of_several_needs(model: Model, open_places: Ints) -> Bools:
    """Empty areas in which more than one need can be filled: only these need a node."""
    fillable = model.area[open_places > 0]
    counts = np.bincount(fillable, minlength=len(model.area_empty))
    several: Bools = counts > 1
    return model.area_empty & several


def _repeated(counts: Ints) -> tuple[Ints, Ints]:
    """Each position as often as its count says, and beside it 0, 1, 2 ... within the position."""
    position = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return position, np.arange(len(position)) - first[position]
