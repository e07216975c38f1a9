"""What a matching is asked: needs, who may be asked for them, and what each wish costs.

Pure data: no Flask, no database, no clock. The hard rules (in-date certificate, active, within
reach, not excluded) have been applied by whoever fills these in: every candidate row here is
a person who may be asked for that need.

Money-like amounts are whole **thousandths of a point**; a point is one step of a need's priority.
Distances are whole metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

POINT = 1_000
"""Thousandths in a point."""

MAX_PRIORITY = 100
MAX_PRICE = 1_000_000_000


class InvalidProblem(ValueError):
    """The needs, candidates or prices contradict themselves; the sentence says how."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What each wish costs, in thousandths of a point.

    `distance_per_km`: for each kilometre between the person and the need (rounded down to a
    thousandth).
    `assignments`: for the first, second, third ... assignment of one person; the price may never
    fall, and its length is how many one person may hold at most.
    `change`: for taking a standing assignment away from the person who holds it. A person who
    stands on a need is worth this much more there, so they stay until the gain is greater.
    """

    distance_per_km: int = 1 * POINT
    assignments: tuple[int, ...] = (0, 10 * POINT, 30 * POINT)
    change: int = 10 * POINT

    def __post_init__(self) -> None:
        amounts = (self.distance_per_km, self.change, *self.assignments)
        if not self.assignments:
            raise InvalidProblem("A person must be allowed at least one assignment.")
        if min(amounts) < 0 or max(amounts) > MAX_PRICE:
            raise InvalidProblem(f"A price must be between 0 and {MAX_PRICE:,}.")
        if any(b < a for a, b in zip(self.assignments, self.assignments[1:], strict=False)):
            raise InvalidProblem("The price of one more assignment may not fall.")


@dataclass(frozen=True, slots=True)
class Need:
    id: int
    area: int
    places: int = 1
    priority: int = 50
    held: int = 0
    served: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    person: int
    need: int
    distance_m: int | None = None
    standing: bool = False
    load: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """A matching in plain objects, for the small case (arrays.to_arrays makes rows of it)."""

    needs: Sequence[Need]
    candidates: Sequence[Candidate]
    prices: Prices = field(default_factory=Prices)
