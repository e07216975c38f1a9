"""What a matching answers. Plain tuples, so that whoever shows them need not load the solver."""

from __future__ import annotations

from typing import NamedTuple


class Placement(NamedTuple):
    """One person proposed for one need, as its place number `place` (from 1).

    `terms` adds up to `score`, in thousandths of a point: `place` (worth of the place),
    `first_in_area` (the step of an empty area's first champion), `distance` and
    `further_assignment` (prices, zero or less), `standing` (the change that is not needed).
    """

    person: int
    need: int
    place: int
    score: int
    terms: dict[str, int]


class Unfilled(NamedTuple):
    """A need with empty places, and what became of the people who could have been asked for it.

    `candidates` = `here` (proposed for this need) + `elsewhere` (hold as many assignments as one
    person may) + `too_dear` (free, but the place is worth less than the distance)
    + `too_dear_again` (they have an assignment, and a further one costs more than the place is
    worth).
    """

    need: int
    places: int
    candidates: int
    here: int
    elsewhere: int
    too_dear: int
    too_dear_again: int


class Solution(NamedTuple):
    """`objective` is the sum of all scores. Placements are in order of need and place, unfilled in
    order of need. `optimal` is True: an answer that the library does not report as optimal is
    never returned.
    """

    objective: int
    optimal: bool
    placements: list[Placement]
    unfilled: list[Unfilled]
