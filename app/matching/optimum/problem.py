"""The types of the solver's input: needs, candidates and prices.

The caller must apply the hard rules (certificate, activity, distance and exclusions) first.

Prices and values are whole **thousandths of a point**. A point is one step of a need's priority.
Distances are in whole metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

POINT = 1_000
"""The number of thousandths in a point."""

MAX_PRIORITY = 100
MAX_PRICE = 1_000_000_000


class InvalidProblem(ValueError):
    """Raised if needs, candidates or prices are inconsistent. The message gives the reason."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The penalties deducted from the value of a placement, in thousandths of a point.

    - ``distance_per_km``: for each kilometre between the person and the need. The product is
      rounded down to a thousandth.
    - ``assignments``: for a person's first, second and later assignments. The penalties must not
      decrease. The length of the tuple is the maximum number of assignments for one person.
    - ``change``: for moving a person from a need that they are already assigned to. They are moved
      only if the gain is greater than this penalty.
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
            raise InvalidProblem("The prices of assignments must not decrease.")


@dataclass(frozen=True, slots=True)
class Need:
    """A need with places to fill. The fields are described in NeedArrays."""

    id: int
    area: int
    places: int = 1
    priority: int = 50
    held: int = 0
    served: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who can be asked about a need. The fields are described in CandidateArrays."""

    person: int
    need: int
    distance_m: int | None = None
    standing: bool = False
    load: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """A matching problem as plain objects, for `solve_problem`."""

    needs: Sequence[Need]
    candidates: Sequence[Candidate]
    prices: Prices = field(default_factory=Prices)
