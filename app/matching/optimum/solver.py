"""The best set of placements, what each is worth and why, and what stays empty.

`solve` takes arrays (a hundred thousand people), `solve_problem` plain objects. Amounts are
thousandths of a point (see problem.Prices). The answer is optimal, as the solver's library reports
and proof.py can prove; the same rows in any order give the same answer.

Of equally good answers the one is taken that, in this order,
1. leaves the most standing assignments where they are;
2. fills the most places (a place that is worth exactly its prices is filled);
3. has the lowest ids: over all placements, the sum of R x (p + n) - p x n is smallest, where p
   and n are the ranks of the person and the need by id and R is the larger number of the two. So
   of two equal people the lower id is asked, of two equal needs the lower id is filled, and two
   equal people for two equal needs are paired in order.
"""

from __future__ import annotations

import numpy as np

from app.matching.optimum.answer import Placement, Solution, Unfilled
from app.matching.optimum.arrays import (
    Bools,
    CandidateArrays,
    Ints,
    Model,
    NeedArrays,
    in_order,
    to_arrays,
)
from app.matching.optimum.flow import Wish, best_circulation
from app.matching.optimum.graph import Graph, build, place_worth
from app.matching.optimum.problem import Prices, Problem
from app.matching.optimum.proof import prove


def solve_problem(problem: Problem, *, proved: bool = False) -> Solution:
    """Return the best placements for plain objects, as `solve` does for arrays."""
    needs, candidates = to_arrays(problem)
    return solve(needs, candidates, problem.prices, proved=proved)


def solve(
    needs: NeedArrays, candidates: CandidateArrays, prices: Prices, *, proved: bool = False
) -> Solution:
    """Return the best placements. With `proved`, the result is proved optimal first.

    Raises InvalidProblem (what was given contradicts itself), NetworkTooLarge (beyond 64 bits), and
    NotOptimal (the library or the proof refuses the result).
    """
    model = in_order(needs, candidates)
    graph = build(model, prices)
    wishes = _wishes(model, graph)
    flow = best_circulation(graph.network, wishes)
    if proved:
        prove(graph.network, flow, wishes)
    objective = -int(graph.network.cost @ flow)
    used = flow[graph.rows] > 0
    placements = _placements(model, graph, prices, np.flatnonzero(used))
    if sum(placement.score for placement in placements) != objective:
        raise ArithmeticError("The scores of the placements do not add up to the objective.")
    return Solution(objective, True, placements, _unfilled(model, graph, used))


def _wishes(model: Model, graph: Graph) -> list[Wish]:
    """How ties are broken: see the head of this file. Costs on candidate arcs, zero elsewhere.

    Bounds: the first two wishes share one cost, at most the number of places (which people can
    fill) plus 2; the third is at most 2 R squared, 64 bits up to a million people.
    """
    first, end = graph.rows.start, graph.rows.stop
    most = int(graph.allowed.sum())
    ranks = max(len(model.person_id), len(model.need_id))

    def on_rows(arcs: Ints, cost_of: Wish) -> Ints:
        cost = np.zeros(len(arcs), dtype=np.int64)
        is_row = (arcs >= first) & (arcs < end)
        cost[is_row] = cost_of(arcs[is_row] - first)
        return cost

    def keep_and_fill(rows: Ints) -> Ints:
        return np.where(model.row_standing[rows], -(most + 2), -1)

    def lowest_ids(rows: Ints) -> Ints:
        person, need = model.row_person[rows] + 1, model.row_need[rows] + 1
        return ranks * (person + need) - person * need

    return [lambda arcs: on_rows(arcs, keep_and_fill), lambda arcs: on_rows(arcs, lowest_ids)]


def _placements(model: Model, graph: Graph, prices: Prices, rows: Ints) -> list[Placement]:
    """The used rows with their terms.

    How the shared amounts are shown: the nearest person (then the lowest id) has the first place
    of a need; the step goes to the first place that is worth most in its area (then the lowest
    need); a person's first assignment is the one that scores highest without that price.
    """
    person, need = model.row_person[rows], model.row_need[rows]
    distance, kept = graph.distance[rows], graph.kept[rows]
    place = model.held[need] + 1 + _rank_within(need, (person, distance - kept))
    worth = place_worth(model.priority[need], model.places[need], place)
    step = np.where(_first_in_area(model, need, worth), graph.step, 0)
    before = worth + step - distance + kept
    turn = model.person_load[person] + _rank_within(person, (need, -before))
    further = np.array(prices.assignments, dtype=np.int64)[turn]
    order = np.lexsort((place, need))
    columns = (
        model.person_id[person],
        model.need_id[need],
        place,
        before - further,
        worth,
        step,
        -distance,
        -further,
        kept,
    )
    return [
        Placement(
            who,
            what,
            k,
            score,
            {
                "place": worth_,
                "first_in_area": step_,
                "distance": distance_,
                "further_assignment": further_,
                "standing": kept_,
            },
        )
        for who, what, k, score, worth_, step_, distance_, further_, kept_ in zip(
            *(column[order].tolist() for column in columns), strict=True
        )
    ]


def _rank_within(group: Ints, keys: tuple[Ints, ...]) -> Ints:
    """0, 1, 2 ... within each group, ordered by the last key first (as np.lexsort reads them)."""
    order = np.lexsort((*keys, group))
    ordered = group[order]
    starts = np.ones(len(group), dtype=np.bool_)
    starts[1:] = ordered[1:] != ordered[:-1]
    position = np.arange(len(group))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = position - np.maximum.accumulate(np.where(starts, position, 0))
    return rank


def _first_in_area(model: Model, need: Ints, worth: Ints) -> Bools:
    """Which placements carry the step: one in each empty area that has any."""
    area = model.area[need]
    leads: Bools = _rank_within(area, (need, -worth)) == 0
    return leads & model.area_empty[area]


def _unfilled(model: Model, graph: Graph, used: Bools) -> list[Unfilled]:
    needs = len(model.need_id)
    filled = np.bincount(model.row_need[used], minlength=needs)
    empty = np.maximum(model.places - model.held - filled, 0)
    placed = np.bincount(model.row_person[used], minlength=len(model.person_id))

    rows = np.flatnonzero((empty > 0)[model.row_need])
    need, person, here = model.row_need[rows], model.row_person[rows], used[rows]
    full = (placed >= graph.allowed)[person] & ~here
    again = (placed + model.person_load > 0)[person] & ~here & ~full
    free = ~(here | full | again)
    columns = [np.bincount(need[kind], minlength=needs) for kind in (here, full, free, again)]
    which = np.flatnonzero(empty)
    counts = [column[which].tolist() for column in columns]
    return [
        Unfilled(identity, places, sum(kinds), *kinds)
        for identity, places, *kinds in zip(
            model.need_id[which].tolist(), empty[which].tolist(), *counts, strict=True
        )
    ]
