"""The solver's rules, one by one, in cases that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.matching.optimum.answer import Solution, UnfilledNeed
from app.matching.optimum.arrays import CandidateArrays, NeedArrays, build_model, to_arrays
from app.matching.optimum.flow import NetworkTooLarge
from app.matching.optimum.graph import build_graph
from app.matching.optimum.problem import Candidate, InvalidProblem, Need, Prices, Problem
from app.matching.optimum.solver import solve, solve_problem

FREE = Prices(distance_per_km=0, assignments=(0, 0, 0), change=0)


def placed(solution: Solution) -> list[tuple[int, int]]:
    return [(placement.person, placement.need) for placement in solution.placements]


def test_empty_problems_have_empty_solutions() -> None:
    assert solve_problem(Problem([], [])) == Solution(0, True, [], [])
    solution = solve_problem(Problem([Need(1, area=1, places=2)], []))
    assert solution.placements == []
    assert solution.unfilled == [UnfilledNeed(1, 2, 0, 0, 0, 0, 0)]


def test_the_value_of_places_decreases() -> None:
    needs = [Need(1, area=1, places=3, priority=10, served=True)]
    people = [Candidate(person, 1) for person in (1, 2, 3)]
    solution = solve_problem(Problem(needs, people, FREE))
    assert [(p.place, p.score) for p in solution.placements] == [
        (1, 10_000),
        (2, 6_666),
        (3, 3_333),
    ]


def test_held_places_are_not_filled_again() -> None:
    needs = [Need(1, area=1, places=3, priority=30, held=2)]
    solution = solve_problem(Problem(needs, [Candidate(1, 1), Candidate(2, 1)], FREE))
    assert [(p.person, p.place, p.score) for p in solution.placements] == [(1, 3, 10_000)]
    assert solution.unfilled == []


def test_a_placement_lists_the_terms_of_its_value() -> None:
    needs = [Need(1, area=1, priority=40), Need(2, area=2, priority=50, served=True)]
    people = [Candidate(1, 1, 2_500, standing=True), Candidate(1, 2, 12_345)]
    solution = solve_problem(Problem(needs, people))
    bonus = build_graph(build_model(*to_arrays(Problem(needs, people))), Prices()).bonus
    assert [placement.terms for placement in solution.placements] == [
        {
            "place": 40_000,
            "first_in_area": bonus,
            "distance": -2_500,
            "further_assignment": 0,
            "standing": 10_000,
        },
        {
            "place": 50_000,
            "first_in_area": 0,
            "distance": -12_345,
            "further_assignment": -10_000,
            "standing": 0,
        },
    ]


def test_nobody_is_placed_at_a_loss() -> None:
    needs = [Need(1, area=1, priority=10, served=True)]
    near, far = Candidate(1, 1, 10_000), Candidate(1, 1, 10_001)
    assert placed(solve_problem(Problem(needs, [near]))) == [(1, 1)]
    solution = solve_problem(Problem(needs, [far]))
    assert solution.placements == []
    assert solution.unfilled == [UnfilledNeed(1, 1, 1, 0, 0, 1, 0)]


def test_the_first_champion_in_an_area_takes_precedence() -> None:
    needs = [Need(1, area=1, places=1, priority=1), Need(2, area=2, priority=100, served=True)]
    people = [Candidate(1, 1, 90_000), Candidate(1, 2, 0, standing=True)]
    solution = solve_problem(Problem(needs, people, Prices(assignments=(0,))))
    assert placed(solution) == [(1, 1)]


def test_only_one_need_in_an_empty_area_gets_the_bonus() -> None:
    needs = [
        Need(1, area=1, priority=5),
        Need(2, area=1, priority=6),
        Need(3, area=2, priority=90, served=True),
    ]
    people = [Candidate(1, need) for need in (1, 2, 3)] + [Candidate(2, need) for need in (1, 2, 3)]
    solution = solve_problem(Problem(needs, people, Prices(assignments=(0,))))
    assert placed(solution) == [(2, 2), (1, 3)] or placed(solution) == [(1, 2), (2, 3)]
    assert [p.need for p in solution.placements if p.terms["first_in_area"]] == [2]


def test_many_longer_journeys_do_not_outweigh_an_empty_area() -> None:
    """Person i serves need i + 1 nearby and could serve need i far away.

    All areas except the last are empty. Area 1 gets a champion only if everybody moves, and then
    the last need, which has the highest priority, loses its person.
    """
    length, far = 60, 1_900_000
    needs = [Need(i, area=i, priority=1) for i in range(1, length + 1)]
    needs.append(Need(length + 1, area=length + 1, priority=100, served=True))
    people = [Candidate(i, i, far) for i in range(1, length + 1)]
    people += [Candidate(i, i + 1, 0, standing=True) for i in range(1, length + 1)]
    prices = Prices(distance_per_km=50, assignments=(0,), change=90_000)
    solution = solve_problem(Problem(needs, people, prices))
    assert placed(solution) == [(i, i) for i in range(1, length + 1)]


def test_further_assignments_have_rising_prices_up_to_three() -> None:
    needs = [Need(i, area=i, priority=50, served=True) for i in (1, 2, 3, 4)]
    people = [Candidate(1, need.id) for need in needs]
    solution = solve_problem(Problem(needs, people))
    assert sorted(p.terms["further_assignment"] for p in solution.placements) == [
        -30_000,
        -10_000,
        0,
    ]
    assert placed(solution) == [(1, 1), (1, 2), (1, 3)]
    assert solution.unfilled == [UnfilledNeed(4, 1, 1, 0, 1, 0, 0)]


def test_an_assignment_that_costs_more_than_the_place_is_not_made() -> None:
    needs = [Need(i, area=i, priority=20, served=True) for i in (1, 2, 3)]
    solution = solve_problem(Problem(needs, [Candidate(1, need.id) for need in needs]))
    assert placed(solution) == [(1, 1), (1, 2)]
    assert solution.unfilled == [UnfilledNeed(3, 1, 1, 0, 0, 0, 1)]


def test_existing_assignments_count_towards_prices_and_the_limit() -> None:
    needs = [Need(i, area=i, priority=50, served=True) for i in (1, 2)]
    people = [Candidate(1, 1, load=2), Candidate(1, 2, load=2), Candidate(2, 2, load=3)]
    solution = solve_problem(Problem(needs, people))
    assert [(p.person, p.need, p.score) for p in solution.placements] == [(1, 1, 20_000)]
    assert solution.unfilled == [UnfilledNeed(2, 1, 2, 0, 2, 0, 0)]


@pytest.mark.parametrize(("nearer_by", "who"), [(9_999, 7), (10_000, 7), (10_001, 2)])
def test_a_standing_person_stays_unless_the_gain_exceeds_the_price(
    nearer_by: int, who: int
) -> None:
    needs = [Need(1, area=1, priority=90, served=True)]
    people = [Candidate(2, 1, 20_000 - nearer_by), Candidate(7, 1, 20_000, standing=True)]
    assert placed(solve_problem(Problem(needs, people))) == [(who, 1)]


def test_a_standing_person_stays_on_a_tie_even_with_a_higher_id_and_no_price() -> None:
    needs = [Need(1, area=1, served=True)]
    people = [Candidate(2, 1), Candidate(7, 1, standing=True)]
    assert placed(solve_problem(Problem(needs, people, FREE))) == [(7, 1)]


def test_ties_are_broken_by_the_lowest_ids() -> None:
    needs = [Need(i, area=i, served=True) for i in (11, 12, 13)]
    people = [Candidate(person, need.id) for person in (5, 3, 9) for need in needs]
    one_each = Prices(assignments=(0,))
    assert placed(solve_problem(Problem(needs, people, one_each))) == [(3, 11), (5, 12), (9, 13)]
    assert placed(solve_problem(Problem(needs[:1], people[::3], one_each))) == [(3, 11)]
    assert placed(solve_problem(Problem(needs, people[:3], one_each))) == [(5, 11)]


def test_a_missing_position_has_no_distance() -> None:
    solution = solve_problem(Problem([Need(1, area=1)], [Candidate(1, 1, None)]))
    assert solution.placements[0].terms["distance"] == 0


def test_ids_far_apart_and_negative_areas_are_accepted() -> None:
    huge = 2**62
    needs = [Need(-5, area=-1), Need(huge, area=7)]
    people = [Candidate(huge - 1, huge), Candidate(huge - 1, -5)]
    assert placed(solve_problem(Problem(needs, people))) == [(huge - 1, -5), (huge - 1, huge)]


@pytest.mark.parametrize(
    ("needs", "people", "sentence"),
    [
        ([Need(1, 1), Need(1, 2)], [], "A need is duplicated."),
        ([Need(1, 1)], [Candidate(1, 2)], "A candidate is given for a need that is not there."),
        ([], [Candidate(1, 2)], "A candidate is given for a need that is not there."),
        ([Need(1, 1)], [Candidate(1, 1)] * 2, "A person is duplicated for a need."),
        (
            [Need(1, 1), Need(2, 1)],
            [Candidate(1, 1, load=1), Candidate(1, 2)],
            "A person has two different loads.",
        ),
        ([Need(1, 1, priority=101)], [], "A need's priority must be between 1 and 100."),
        ([Need(1, 1, places=0)], [], "A need's places must be between 1 and 1,000,000."),
        (
            [Need(1, 1)],
            [Candidate(1, 1, -1)],
            "A distance in metres must be between 0 and 2,000,000.",
        ),
    ],
)
def test_inconsistent_input_is_rejected(
    needs: list[Need], people: list[Candidate], sentence: str
) -> None:
    with pytest.raises(InvalidProblem) as refused:
        solve_problem(Problem(needs, people))
    assert str(refused.value) == sentence


def test_columns_of_different_lengths_are_rejected() -> None:
    needs, people = to_arrays(Problem([Need(1, 1)], [Candidate(1, 1)]))
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(InvalidProblem, match="needs differ in length"):
        solve(NeedArrays(needs.id, none, none, none, none, needs.served), people, Prices())
    with pytest.raises(InvalidProblem, match="candidates differ in length"):
        solve(needs, CandidateArrays(people.person, none, none, people.standing, none), Prices())


@pytest.mark.parametrize(
    ("distance_per_km", "assignments", "change"),
    [(1, (), 1), (1, (0, 5, 4), 1), (1, (0,), -1), (10**10, (0,), 1)],
)
def test_invalid_prices_are_rejected(
    distance_per_km: int, assignments: tuple[int, ...], change: int
) -> None:
    with pytest.raises(InvalidProblem):
        Prices(distance_per_km, assignments, change)


def test_prices_beyond_64_bits_are_rejected_before_solving() -> None:
    needs = [Need(i, area=i) for i in range(2_000)]
    people = [Candidate(i, i, 2_000_000) for i in range(2_000)]
    with pytest.raises(NetworkTooLarge):
        solve_problem(Problem(needs, people, Prices(distance_per_km=10**9)))
