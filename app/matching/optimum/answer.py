"""The types of the solver's result. This module can be imported without loading the solver."""

from __future__ import annotations

from typing import NamedTuple


class Placement(NamedTuple):
    """A person placed in a need. ``place`` is numbered from 1 within each need.

    The terms, in thousandths of a point, add up to the score:

    - ``place``: the value of the place
    - ``first_in_area``: the bonus for the first champion in an empty area
    - ``distance`` and ``further_assignment``: costs, which are zero or negative
    - ``standing``: a bonus for keeping an assignment that the person already has
    """

    person: int
    need: int
    place: int
    score: int
    terms: dict[str, int]


class UnfilledNeed(NamedTuple):
    """A need with vacancies, and the number of its candidates by outcome.

    ``candidates`` is the total of these counts:

    - ``placed_here``: people placed in this need
    - ``elsewhere``: people who have reached their limit in other needs
    - ``too_costly``: people without an assignment. The journey costs more than the place is worth.
    - ``too_costly_again``: people who have an assignment. Another one costs more than it is worth.
    """

    need: int
    places: int
    candidates: int
    placed_here: int
    elsewhere: int
    too_costly: int
    too_costly_again: int


class Solution(NamedTuple):
    """The placements, ordered by need and place, and the needs with vacancies, ordered by need.

    ``objective`` is the total of all scores. ``optimal`` is always true, because other results
    raise NotOptimal.
    """

    objective: int
    optimal: bool
    placements: list[Placement]
    unfilled: list[UnfilledNeed]
