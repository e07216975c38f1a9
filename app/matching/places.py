"""Where people are, as arrays, and how far that is from a need. Only a run imports this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.core.actor import Scope
from app.matching.queries.candidates import presences
from app.matching.queries.open_needs import OpenNeed

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """Where people are: one row for each presence, with its point (0, 0 where that is not known).

    A protected person's point is the centre of the ward they chose, whatever else may be kept.
    """

    size: int
    row: NDArray[np.int64]  # position of the person among everybody
    easting: NDArray[np.float64]
    northing: NDArray[np.float64]
    could_help: Flags
    serves: Flags
    ward: NDArray[np.int64]
    lsoa: NDArray[np.int64]

    @classmethod
    def read(cls, scope: Scope, on: date, people: NDArray[np.int64]) -> Places:
        """Presences on a day of `people` (ids in order) that the reader may know of."""
        rows = presences(scope, on)
        known = [row for row in rows if _at(people, row[0]) is not None]
        columns = list(zip(*known, strict=True)) or [()] * 7
        return cls(
            size=len(people),
            row=np.searchsorted(people, np.array(columns[0], dtype=np.int64)),
            easting=np.array(columns[1], dtype=np.float64),
            northing=np.array(columns[2], dtype=np.float64),
            could_help=np.array(columns[3], dtype=np.bool_),
            serves=np.array(columns[4], dtype=np.bool_),
            ward=np.array(columns[5], dtype=np.int64),
            lsoa=np.array(columns[6], dtype=np.int64),
        )

    def _inside(self, areas: frozenset[int]) -> Flags:
        """Rows that lie in one of these areas."""
        wanted = np.fromiter(areas, dtype=np.int64, count=len(areas))
        return np.isin(self.ward, wanted) | np.isin(self.lsoa, wanted)

    def metres_to(self, need: OpenNeed) -> NDArray[np.int64]:
        """Each person's distance to the need's area from the nearest of their places.

        0 from a place in the area where they said they could help; -1 where nothing is known.
        """
        far = np.iinfo(np.int64).max
        nearest = np.full(self.size, far, dtype=np.int64)
        placed = (self.easting > 0) & ~self.serves
        for easting, northing in need.centres:
            metres = np.hypot(self.easting - easting, self.northing - northing)
            np.minimum.at(nearest, self.row[placed], metres[placed].astype(np.int64))
        offered = self.could_help & self._inside(need.parts | need.wholes)
        np.minimum.at(nearest, self.row[offered], 0)
        nearest[nearest == far] = -1
        return nearest

    def present_in(self, need: OpenNeed) -> Flags:
        """Who lives, works or serves in the need's area; an offer to help there is no presence."""
        present = np.zeros(self.size, dtype=np.bool_)
        present[self.row[self._inside(need.parts) & ~self.could_help]] = True
        return present


def _at(people: NDArray[np.int64], person_id: int) -> int | None:
    position = int(np.searchsorted(people, person_id))
    return position if position < len(people) and people[position] == person_id else None
