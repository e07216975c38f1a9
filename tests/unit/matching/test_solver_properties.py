"""Compare the solver with every possible solution of small problems."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.optimum.answer import Solution
from app.matching.optimum.arrays import build_model, to_arrays
from app.matching.optimum.graph import build_graph
from app.matching.optimum.problem import Candidate, Need, Prices, Problem
from app.matching.optimum.solver import solve_problem

PERSON_IDS = st.sampled_from([3, 7, 8, 20, 100])
NEED_IDS = [2, 5, 9, 40]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a small problem with few different values, so that ties are common."""
    needs = [
        Need(
            id=identity,
            area=draw(st.sampled_from([1, 2, 3])),
            places=draw(st.integers(1, 3)),
            priority=draw(st.sampled_from([1, 10, 10, 25, 100])),
            held=draw(st.sampled_from([0, 0, 0, 1])),
            served=draw(st.booleans()),
        )
        for identity in draw(st.lists(st.sampled_from(NEED_IDS), min_size=1, unique=True))
    ]
    pairs = draw(
        st.lists(
            st.tuples(PERSON_IDS, st.sampled_from([need.id for need in needs])),
            max_size=8,
            unique=True,
        )
    )
    loads = {person: draw(st.sampled_from([0, 0, 0, 1, 3])) for person, _ in pairs}
    candidates = [
        Candidate(
            person=person,
            need=need,
            distance_m=draw(st.sampled_from([None, 0, 500, 5_000, 5_000, 30_000])),
            standing=draw(st.booleans()) and draw(st.booleans()),
            load=loads[person],
        )
        for person, need in pairs
    ]
    prices = Prices(
        distance_per_km=draw(st.sampled_from([0, 1_000, 1_500])),
        assignments=draw(
            st.sampled_from(
                [(0,), (0, 0, 0), (0, 10_000), (0, 5_000, 5_000), (2_000, 3_000, 9_999)]
            )
        ),
        change=draw(st.sampled_from([0, 5_000, 40_000])),
    )
    return Problem(needs, candidates, prices)


def bonus_of(problem: Problem) -> int:
    return build_graph(build_model(*to_arrays(problem)), problem.prices).bonus


def empty_areas(problem: Problem) -> set[int]:
    served_areas = {need.area for need in problem.needs if need.served or need.held}
    return {need.area for need in problem.needs} - served_areas


def value_of(problem: Problem, chosen: tuple[Candidate, ...], bonus: int) -> int | None:
    """Return the value of choosing only these rows, or None if they break a rule."""
    prices, needs = problem.prices, {need.id: need for need in problem.needs}
    total = 0
    for identity, number in Counter(row.need for row in chosen).items():
        need = needs[identity]
        if need.held + number > need.places:
            return None
        for k in range(need.held + 1, need.held + number + 1):
            total += need.priority * 1_000 * (need.places - k + 1) // need.places
    loads = {row.person: row.load for row in chosen}
    for person, number in Counter(row.person for row in chosen).items():
        if loads[person] + number > len(prices.assignments):
            return None
        total -= sum(prices.assignments[loads[person] : loads[person] + number])
    for row in chosen:
        total -= (row.distance_m or 0) * prices.distance_per_km // 1_000
        total += prices.change if row.standing else 0
    return total + bonus * len(empty_areas(problem) & {needs[row.need].area for row in chosen})


def preference(
    problem: Problem, chosen: tuple[Candidate, ...], value: int
) -> tuple[int, int, int, int]:
    """Return the measures to maximise: value, assignments kept, places filled and low IDs."""
    people = sorted({row.person for row in problem.candidates})
    needs = sorted(need.id for need in problem.needs)
    limit = max(len(people), len(needs))
    ids = 0
    for row in chosen:
        p, n = people.index(row.person) + 1, needs.index(row.need) + 1
        ids += limit * (p + n) - p * n
    return value, sum(row.standing for row in chosen), len(chosen), -ids


def all_solutions(problem: Problem, bonus: int) -> list[tuple[tuple[Candidate, ...], int]]:
    rows = tuple(problem.candidates)
    answers = [
        (chosen, value_of(problem, chosen, bonus))
        for size in range(len(rows) + 1)
        for chosen in combinations(rows, size)
    ]
    return [(chosen, value) for chosen, value in answers if value is not None]


def chosen_rows(problem: Problem, solution: Solution) -> tuple[Candidate, ...]:
    pairs = {(placement.person, placement.need) for placement in solution.placements}
    return tuple(row for row in problem.candidates if (row.person, row.need) in pairs)


@settings(max_examples=300, deadline=None)
@given(problems())
def test_the_solution_is_the_best_of_all(problem: Problem) -> None:
    solution, bonus = solve_problem(problem, prove=True), bonus_of(problem)
    best = max(preference(problem, *answer) for answer in all_solutions(problem, bonus))
    assert solution.optimal is True
    assert solution.objective == best[0]
    assert preference(problem, chosen_rows(problem, solution), solution.objective) == best


@settings(max_examples=150, deadline=None)
@given(problems())
def test_no_solution_reaches_more_empty_areas(problem: Problem) -> None:
    area_of = {need.id: need.area for need in problem.needs}

    def reached(chosen: tuple[Candidate, ...]) -> int:
        return len(empty_areas(problem) & {area_of[row.need] for row in chosen})

    best = max(reached(chosen) for chosen, _ in all_solutions(problem, 0))
    solution = solve_problem(problem)
    assert reached(chosen_rows(problem, solution)) == best
    carriers = Counter(
        area_of[placement.need]
        for placement in solution.placements
        if placement.terms["first_in_area"]
    )
    assert sum(carriers.values()) == best
    assert set(carriers.values()) <= {1}


@settings(max_examples=150, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(problem: Problem, random: object) -> None:
    shuffle = getattr(random, "shuffle")  # noqa: B009 - hypothesis' Random has no public type
    needs, candidates = list(problem.needs), list(problem.candidates)
    shuffle(needs)
    shuffle(candidates)
    assert solve_problem(Problem(needs, candidates, problem.prices)) == solve_problem(problem)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_terms_add_up_and_nobody_is_placed_at_a_loss(problem: Problem) -> None:
    solution = solve_problem(problem)
    for placement in solution.placements:
        assert sum(placement.terms.values()) == placement.score >= 0
        assert placement.terms["distance"] <= 0 >= placement.terms["further_assignment"]
    assert sum(placement.score for placement in solution.placements) == solution.objective


@settings(max_examples=150, deadline=None)
@given(problems())
def test_adding_a_person_never_lowers_the_objective(problem: Problem) -> None:
    everybody = solve_problem(problem).objective
    for left_out in {row.person for row in problem.candidates}:
        candidates_left = [row for row in problem.candidates if row.person != left_out]
        assert solve_problem(replace(problem, candidates=candidates_left)).objective <= everybody


@settings(max_examples=150, deadline=None)
@given(problems())
def test_every_place_is_filled_held_or_accounted_for(problem: Problem) -> None:
    solution = solve_problem(problem)
    filled = Counter(placement.need for placement in solution.placements)
    unfilled = {row.need: row for row in solution.unfilled}
    rows = Counter(row.need for row in problem.candidates)
    for need in problem.needs:
        taken = sorted(p.place for p in solution.placements if p.need == need.id)
        assert taken == list(range(need.held + 1, need.held + 1 + filled[need.id]))
        empty = need.places - need.held - filled[need.id]
        if not empty:
            assert need.id not in unfilled
            continue
        outcome = unfilled[need.id]
        assert outcome.places == empty
        assert outcome.candidates == rows[need.id]
        assert outcome.placed_here == filled[need.id]
        parts = (
            outcome.placed_here,
            outcome.elsewhere,
            outcome.too_costly,
            outcome.too_costly_again,
        )
        assert sum(parts) == outcome.candidates
