"""The result of the solver as plain tuples, which can be used without loading the solver."""

from __future__ import annotations

from typing import NamedTuple


class Placement(NamedTuple):
    """A person proposed for a need. The field ``place`` is the number of the place, from 1.

    The terms add up to the score, in thousandths of a point:

    - ``place``: the value of the place
    - ``first_in_area``: the bonus for the first champion in an empty area
    - ``distance`` and ``further_assignment``: costs, which are zero or negative
    - ``standing``: the price of a change, credited if the person already has this assignment
    """

    person: int
    need: int
    place: int
    score: int
    terms: dict[str, int]


class UnfilledNeed(NamedTuple):
    """A need with empty places, and counts of its candidates by outcome.

    ``candidates`` is the sum of these counts:

    - ``here``: people proposed for this need
    - ``elsewhere``: people who have reached the limit of assignments
    - ``too_costly``: people without an assignment, whose distance costs more than the place's value
    - ``too_costly_again``: people with an assignment, if another one would cost more than that
    """

    need: int
    places: int
    candidates: int
    here: int
    elsewhere: int
    too_costly: int
    too_costly_again: int


class Solution(NamedTuple):
    """The placements (by need and place) and the needs with empty places (by need).

    ``objective`` is the sum of all scores. ``optimal`` is always true, because a result that the
    library does not report as optimal is never returned.
    """

    objective: int
    optimal: bool
    placements: list[Placement]
    unfilled: list[UnfilledNeed]
