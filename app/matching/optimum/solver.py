"""Find the best set of placements, with their scores, and the needs that still have vacancies.

`solve` takes arrays and is fast enough for a hundred thousand people. `solve_problem` takes plain
objects. Scores are in thousandths of a point (see problem.Prices). The order of the input does not
affect the result.

Ties between equally good solutions are broken by these rules, in order:

1. Keep the most existing assignments.
2. Fill the most places. A place whose value equals its cost is filled.
3. Use the lowest IDs: minimise the sum of R x (p + n) - p x n over all placements, where p and n
   are the ranks of the person and the need by ID, and R is the number of people or of needs,
   whichever is larger. Of two equal people, the one with the lower ID is asked. Of two equal needs,
   the one with the lower ID is filled.
"""

from __future__ import annotations

import numpy as np

from app.matching.optimum.answer import Placement, Solution, UnfilledNeed
from app.matching.optimum.arrays import (
    Bools,
    CandidateArrays,
    Ints,
    Model,
    NeedArrays,
    build_model,
    to_arrays,
)
from app.matching.optimum.flow import TieBreaker, best_circulation
from app.matching.optimum.graph import Graph, build_graph, place_value
from app.matching.optimum.problem import Prices, Problem
from app.matching.optimum.proof import prove_optimal


def solve_problem(problem: Problem, *, prove: bool = False) -> Solution:
    """Solve a problem given as plain objects. See `solve`."""
    needs, candidates = to_arrays(problem)
    return solve(needs, candidates, problem.prices, prove=prove)


def solve(
    needs: NeedArrays, candidates: CandidateArrays, prices: Prices, *, prove: bool = False
) -> Solution:
    """Solve a problem given as arrays.

    If ``prove`` is true, also prove that the result is optimal. Raises InvalidProblem if the input
    is inconsistent, NetworkTooLarge if the costs could exceed 64 bits, and NotOptimal if the result
    is not optimal.
    """
    model = build_model(needs, candidates)
    graph = build_graph(model, prices)
    tie_breakers = _build_tie_breakers(model, graph)
    flow = best_circulation(graph.network, tie_breakers)
    if prove:
        prove_optimal(graph.network, flow, tie_breakers)
    objective = -int(graph.network.cost @ flow)
    used = flow[graph.rows] > 0
    placements = _build_placements(model, graph, prices, np.flatnonzero(used))
    if sum(placement.score for placement in placements) != objective:
        raise ArithmeticError("The scores of the placements do not add up to the objective.")
    return Solution(objective, True, placements, _list_unfilled_needs(model, graph, used))


def _build_tie_breakers(model: Model, graph: Graph) -> list[TieBreaker]:
    """Return the costs of the candidate arcs for each tie-breaker in the module's docstring.

    The first two rules are combined into one cost. Its maximum is 2 plus the number of assignments
    that people can take. The cost of the third rule is at most 2 R squared, which fits in 64 bits
    for up to a million people.
    """
    first, end = graph.rows.start, graph.rows.stop
    most = int(graph.assignments_left.sum())
    ranks = max(len(model.person_id), len(model.need_id))

    def on_candidate_arcs(arcs: Ints, cost_of: TieBreaker) -> Ints:
        cost = np.zeros(len(arcs), dtype=np.int64)
        is_row = (arcs >= first) & (arcs < end)
        cost[is_row] = cost_of(arcs[is_row] - first)
        return cost

    def keep_and_fill_cost(rows: Ints) -> Ints:
        return np.where(model.row_standing[rows], -(most + 2), -1)

    def lowest_id_cost(rows: Ints) -> Ints:
        person, need = model.row_person[rows] + 1, model.row_need[rows] + 1
        return ranks * (person + need) - person * need

    return [
        lambda arcs: on_candidate_arcs(arcs, keep_and_fill_cost),
        lambda arcs: on_candidate_arcs(arcs, lowest_id_cost),
    ]


def _build_placements(model: Model, graph: Graph, prices: Prices, rows: Ints) -> list[Placement]:
    """Return the placements in the solution, with their terms.

    Terms that several placements share are divided as follows. The nearest person has the first
    place of a need, or of equally near people the one with the lowest ID. The bonus goes to the
    place with the highest value in the area, or of equal places to the one in the need with the
    lowest ID. A person's first assignment is the one with the highest score.
    """
    person, need = model.row_person[rows], model.row_need[rows]
    distance, keep_bonus = graph.distance[rows], graph.keep_bonus[rows]
    place = model.held[need] + 1 + _rank_in_group(need, (person, distance - keep_bonus))
    value = place_value(model.priority[need], model.places[need], place)
    bonus = np.where(_find_first_champions(model, need, value), graph.bonus, 0)
    score_before_price = value + bonus - distance + keep_bonus
    assignment_index = model.person_load[person] + _rank_in_group(
        person, (need, -score_before_price)
    )
    further = np.array(prices.assignments, dtype=np.int64)[assignment_index]
    order = np.lexsort((place, need))
    columns = (
        model.person_id[person],
        model.need_id[need],
        place,
        score_before_price - further,
        value,
        bonus,
        -distance,
        -further,
        keep_bonus,
    )
    return [
        Placement(
            person_id,
            need_id,
            place_,
            score,
            {
                "place": value_,
                "first_in_area": bonus_,
                "distance": distance_,
                "further_assignment": further_,
                "standing": kept_,
            },
        )
        for person_id, need_id, place_, score, value_, bonus_, distance_, further_, kept_ in zip(
            *(column[order].tolist() for column in columns), strict=True
        )
    ]


def _rank_in_group(group: Ints, keys: tuple[Ints, ...]) -> Ints:
    """Return the rank of each element within its group, from 0. The last key is the primary one."""
    order = np.lexsort((*keys, group))
    ordered = group[order]
    starts = np.ones(len(group), dtype=np.bool_)
    starts[1:] = ordered[1:] != ordered[:-1]
    position = np.arange(len(group))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = position - np.maximum.accumulate(np.where(starts, position, 0))
    return rank


def _find_first_champions(model: Model, need: Ints, value: Ints) -> Bools:
    """Return a mask of the placements that get the bonus for an area's first champion."""
    area = model.area[need]
    is_first: Bools = _rank_in_group(area, (need, -value)) == 0
    return is_first & model.area_empty[area]


def _list_unfilled_needs(model: Model, graph: Graph, used: Bools) -> list[UnfilledNeed]:
    needs = len(model.need_id)
    filled = np.bincount(model.row_need[used], minlength=needs)
    empty = np.maximum(model.places - model.held - filled, 0)
    placed = np.bincount(model.row_person[used], minlength=len(model.person_id))

    rows = np.flatnonzero((empty > 0)[model.row_need])
    need, person, placed_here = model.row_need[rows], model.row_person[rows], used[rows]
    full = (placed >= graph.assignments_left)[person] & ~placed_here
    again = (placed + model.person_load > 0)[person] & ~placed_here & ~full
    free = ~(placed_here | full | again)
    columns = [
        np.bincount(need[mask], minlength=needs) for mask in (placed_here, full, free, again)
    ]
    unfilled = np.flatnonzero(empty)
    counts = [column[unfilled].tolist() for column in columns]
    return [
        UnfilledNeed(need_id, places, sum(kinds), *kinds)
        for need_id, places, *kinds in zip(
            model.need_id[unfilled].tolist(), empty[unfilled].tolist(), *counts, strict=True
        )
    ]
