"""The locations of people as arrays, and their distances from a need.

Only matching runs import this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.core.actor import Scope
from app.matching.queries.candidates import visible_presences
from app.matching.queries.open_needs import OpenNeed

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Locations:
    """The locations of people in metres, one row per presence. Unknown locations are (0, 0).

    The location of a protected person is always the centre of the ward they chose.
    """

    size: int
    row: NDArray[np.int64]  # the person's position in the array of people
    easting: NDArray[np.float64]
    northing: NDArray[np.float64]
    could_help: Flags
    serves: Flags
    ward: NDArray[np.int64]
    lsoa: NDArray[np.int64]

    @classmethod
    def load(cls, scope: Scope, on: date, people: NDArray[np.int64]) -> Locations:
        """Read the presences visible to the reader on a given day.

        ``people`` are sorted person IDs.
        """
        rows = visible_presences(scope, on)
        kept = [row for row in rows if _find_position(people, row[0]) is not None]
        columns = list(zip(*kept, strict=True)) or [()] * 7
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

    def _mask_within(self, areas: frozenset[int]) -> Flags:
        """Return an array that is True for rows within these areas."""
        area_ids = np.fromiter(areas, dtype=np.int64, count=len(areas))
        return np.isin(self.ward, area_ids) | np.isin(self.lsoa, area_ids)

    def distances_to(self, need: OpenNeed) -> NDArray[np.int64]:
        """Return the distance in metres from each person to the need's area.

        It is measured from the person's nearest location. It is 0 for people who offered to serve
        anywhere in the area, and -1 if no location is known.
        """
        far = np.iinfo(np.int64).max
        nearest = np.full(self.size, far, dtype=np.int64)
        placed = (self.easting > 0) & ~self.serves
        for easting, northing in need.centres:
            metres = np.hypot(self.easting - easting, self.northing - northing)
            np.minimum.at(nearest, self.row[placed], metres[placed].astype(np.int64))
        offered = self.could_help & self._mask_within(need.parts | need.containers)
        np.minimum.at(nearest, self.row[offered], 0)
        nearest[nearest == far] = -1
        return nearest

    def mask_present(self, need: OpenNeed) -> Flags:
        """Return an array that is True for people who live, work or serve in the need's area.

        An offer to serve there does not count.
        """
        present = np.zeros(self.size, dtype=np.bool_)
        present[self.row[self._mask_within(need.parts) & ~self.could_help]] = True
        return present


def _find_position(people: NDArray[np.int64], person_id: int) -> int | None:
    position = int(np.searchsorted(people, person_id))
    return position if position < len(people) and people[position] == person_id else None
