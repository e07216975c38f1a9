"""Build a network whose cheapest circulation is the best set of placements.

    root -> person -> need -> root                     the area is served, or has only this need
    root -> person -> need -> area -> root             several needs share an empty area

- root -> person: an arc of capacity 1 for each assignment that the person may still take, at its
  price. The prices never decrease, so the first assignment is always used before the second.
- person -> need: an arc for each candidate row. Its cost is the price of the distance, less the
  price of a change if the person already serves the need (moving them would cost that much).
- need -> root or area: an arc for each open place k of T, with the value
  priority x (T - k + 1) / T. The value never increases with k, so place k is always filled before
  place k + 1.
- area -> root: an arc of capacity 1 with the bonus for the first champion, and an arc without value
  for all others. If an empty area has only one need, its first place has the bonus instead.

Along each series of arcs, values never increase and prices never decrease. So no flow can gain the
value of a later arc without using the earlier one, and the cheapest circulation, which is always
integral, is the optimum.

**Nobody is placed at a loss.** Removing a placement saves its distance and the most expensive of
the person's assignments, and loses the last place of the need. In an optimum this is not a gain. So
each placement's score, with the place and assignment it is shown with, is zero or more.
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
    """A network for a model. ``rows`` is the slice of arcs that represent candidates.

    ``distance`` and ``keep_bonus`` are parts of the cost of each candidate. ``bonus`` is for the
    first champion in an empty area. ``assignments_left`` is the number of further assignments that
    each person can take.
    """

    network: Network
    rows: slice
    distance: Ints
    keep_bonus: Ints
    bonus: int
    assignments_left: Ints


def place_value(priority: Ints, places: Ints, place: Ints) -> Ints:
    """Return the value of place k of T in thousandths: priority x (T - k + 1) / T, rounded down."""
    return priority * POINT * (places - place + 1) // places


class _Arcs(NamedTuple):
    tail: Ints
    head: Ints
    capacity: Ints
    cost: Ints


def build_graph(model: Model, prices: Prices) -> Graph:
    """Build the graph of a model.

    Node 0 is the root. The people, the needs, and the empty areas with several needs follow.
    """
    distance = model.row_distance * prices.distance_per_km // 1_000
    keep_bonus = np.where(model.row_standing, prices.change, 0)
    assignments_left = np.maximum(len(prices.assignments) - model.person_load, 0)
    open_places = _count_open_places(model)
    shared = _find_shared_areas(model, open_places)
    bonus = first_champion_bonus(model, prices, distance, keep_bonus, int(shared.sum()))

    first_need = 1 + len(model.person_id)
    first_area = first_need + len(model.need_id)
    area_node = np.where(shared, first_area + np.cumsum(shared) - 1, 0)
    assignments = _assignment_arcs(model, prices, assignments_left)
    person, need = 1 + model.row_person, first_need + model.row_need
    rows = _Arcs(person, need, np.ones_like(person), distance - keep_bonus)
    places = _place_arcs(model, open_places, bonus, first_need, area_node)
    areas = _area_arcs(model, open_places, bonus, area_node)
    tails, heads, capacities, costs = zip(assignments, rows, places, areas, strict=True)
    network = Network(
        nodes=first_area + int(shared.sum()),
        tail=np.concatenate(tails).astype(np.int32),
        head=np.concatenate(heads).astype(np.int32),
        capacity=np.concatenate(capacities),
        cost=np.concatenate(costs),
    )
    start = len(assignments.tail)
    return Graph(
        network, slice(start, start + len(person)), distance, keep_bonus, bonus, assignments_left
    )


def _assignment_arcs(model: Model, prices: Prices, assignments_left: Ints) -> _Arcs:
    person, taken = _repeat_positions(assignments_left)
    price = np.array(prices.assignments, dtype=np.int64)[taken + model.person_load[person]]
    return _Arcs(np.zeros_like(person), 1 + person, np.ones_like(person), price)


def _place_arcs(
    model: Model, open_places: Ints, bonus: int, first_need: int, area_node: Ints
) -> _Arcs:
    need, filled = _repeat_positions(open_places)
    value = place_value(model.priority[need], model.places[need], model.held[need] + filled + 1)
    area = model.area[need]
    has_bonus = model.area_empty[area] & (area_node[area] == 0) & (filled == 0)
    value += np.where(has_bonus, bonus, 0)
    return _Arcs(first_need + need, area_node[area], np.ones_like(need), -value)


def _area_arcs(model: Model, open_places: Ints, bonus: int, area_node: Ints) -> _Arcs:
    """Return two arcs per shared area: one for the first champion and one for all others."""
    places = np.zeros(len(area_node), dtype=np.int64)
    np.add.at(places, model.area, open_places)
    shared = np.flatnonzero(area_node)
    tail = np.repeat(area_node[shared], 2)
    capacity, cost = np.ones_like(tail), np.zeros_like(tail)
    capacity[1::2] = places[shared] - 1
    cost[::2] = -bonus
    return _Arcs(tail, np.zeros_like(tail), capacity, cost)


def first_champion_bonus(
    model: Model, prices: Prices, distance: Ints, keep_bonus: Ints, shared_areas: int
) -> int:
    """Return the bonus for the first champion in an empty area, in thousandths of a point.

    It is a power of ten, and large enough that no solution reaches more empty areas than the
    optimum.

    Proof. Suppose that another solution reaches more empty areas than the optimum. The difference
    between the two circulations consists of simple cycles in the optimum's residual graph. At least
    one of these gains a bonus without losing one. A simple cycle visits each node at most once, so
    its other losses are bounded:

    - At the root, it can give up a place (at most the highest priority, in thousandths) or add an
      assignment (at most the highest price).
    - At each empty area with several needs, it can replace a place of one need with a place of
      another (at most the highest priority).
    - At each person, it can replace one need with another (at most the price of the longest
      distance plus the price of a change). It visits at most all people, and at most one more
      person than there are needs, because it enters and leaves each through a need or the root.

    The bonus is greater than the sum of these losses. So the cycle would be a gain, and the optimum
    would not be optimal. Therefore no combination of other places, distances, assignments and
    changes can outweigh the first champion in an empty area.
    """
    max_value = POINT * int(model.priority.max(initial=1))
    swap_loss = int(distance.max(initial=0)) + int(keep_bonus.max(initial=0))
    people_visited = min(len(model.person_id), len(model.need_id) + 1)
    loss = max_value * (1 + shared_areas) + prices.assignments[-1] + swap_loss * people_visited
    bonus = POINT
    while bonus <= loss:
        bonus *= 10
    return bonus


def _count_open_places(model: Model) -> Ints:
    """Return the number of open places in each need, but no more than it has candidates."""
    candidates = np.bincount(model.row_need, minlength=len(model.need_id))
    fillable: Ints = np.clip(model.places - model.held, 0, candidates)
    return fillable


def _find_shared_areas(model: Model, open_places: Ints) -> Bools:
    """Return a mask of the empty areas with several needs that can be filled."""
    fillable = model.area[open_places > 0]
    counts = np.bincount(fillable, minlength=len(model.area_empty))
    several: Bools = counts > 1
    return model.area_empty & several


def _repeat_positions(counts: Ints) -> tuple[Ints, Ints]:
    """Return each position repeated by its count, and the number of each repetition from 0."""
    position = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return position, np.arange(len(position)) - first[position]
