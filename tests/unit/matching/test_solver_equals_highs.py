"""Compare the solver with HiGHS, which solves the same problem as a mixed-integer programme."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from app.matching.optimum.arrays import build_model, to_arrays
from app.matching.optimum.graph import build_graph
from app.matching.optimum.problem import Candidate, Need, Prices, Problem
from app.matching.optimum.solver import solve_problem


@dataclass
class Programme:
    """An integer programme. Columns have a value and are 0 or 1. Rows limit sums of columns."""

    value: list[int] = field(default_factory=list)
    entries: list[tuple[int, int, int]] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)

    def column(self, value: int) -> int:
        self.value.append(value)
        return len(self.value) - 1

    def at_most(self, limit: int, plus: list[int], minus: list[int]) -> None:
        row = len(self.limits)
        self.limits.append(limit)
        self.entries += [(row, column, 1) for column in plus]
        self.entries += [(row, column, -1) for column in minus]

    def best(self) -> int:
        rows, columns, values = zip(*self.entries, strict=True)
        shape = (len(self.limits), len(self.value))
        result = milp(
            -np.array(self.value) / 1_000,
            integrality=np.ones(len(self.value), dtype=np.int64),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(
                coo_array((values, (rows, columns)), shape=shape).tocsr(), ub=np.array(self.limits)
            ),
            options={"mip_rel_gap": 0},
        )
        assert result.status == 0, result.message
        return sum(w for w, x in zip(self.value, result.x, strict=True) if x > 0.5)


def highs_objective(problem: Problem, bonus: int) -> int:
    """Return the optimal objective that HiGHS finds.

    There is a column for each candidate, open place, further assignment and empty area.
    """
    programme, prices = Programme(), problem.prices
    column = {
        (row.person, row.need): programme.column(
            -((row.distance_m or 0) * prices.distance_per_km // 1_000)
            + (prices.change if row.standing else 0)
        )
        for row in problem.candidates
    }
    served_areas = {need.area for need in problem.needs if need.served or need.held}
    in_area: dict[int, list[int]] = {}
    for need in problem.needs:
        columns_of_need = [c for (_, identity), c in column.items() if identity == need.id]
        in_area.setdefault(need.area, []).extend(columns_of_need)
        places = [
            programme.column(need.priority * 1_000 * (need.places - k + 1) // need.places)
            for k in range(need.held + 1, need.places + 1)
        ]
        programme.at_most(0, columns_of_need, places)
        programme.at_most(0, places, columns_of_need)
    for area, columns_of_need in in_area.items():
        if area not in served_areas:
            programme.at_most(0, [programme.column(bonus)], columns_of_need)
    loads = {row.person: row.load for row in problem.candidates}
    for person, load in loads.items():
        turns = [programme.column(-price) for price in prices.assignments[load:]]
        programme.at_most(0, [c for (who, _), c in column.items() if who == person], turns)
    return programme.best()


def random_problem(seed: int) -> Problem:
    """Return a problem with 60 people and 30 needs in 14 areas, some of them nearly equal."""
    dice = random.Random(seed)
    needs = [
        Need(
            id=identity,
            area=dice.randrange(14),
            places=dice.choice([1, 1, 2, 3, 7]),
            priority=dice.randint(1, 100),
            held=dice.choice([0, 0, 0, 1]),
            served=dice.random() < 0.3,
        )
        for identity in range(100, 130)
    ]
    candidates = []
    for person in range(1, 61):
        load = dice.choice([0, 0, 0, 0, 1, 2, 3])
        candidates += [
            Candidate(person, need.id, dice.randrange(0, 60_000), dice.random() < 0.15, load)
            for need in dice.sample(needs, dice.randint(0, 6))
        ]
    assignments = dice.choice([(0,), (0, 10_000, 30_000), (0, 0), (500, 20_000, 20_000, 90_000)])
    return Problem(needs, candidates, Prices(dice.choice([0, 700, 2_500]), assignments, 15_000))


@pytest.mark.parametrize("seed", range(25))
def test_same_objective_as_highs(seed: int) -> None:
    problem = random_problem(seed)
    bonus = build_graph(build_model(*to_arrays(problem)), problem.prices).bonus
    solution = solve_problem(problem, prove=True)
    assert solution.placements
    assert solution.objective == highs_objective(problem, bonus)
