"""Find the point at which an area's label is written: its pole of inaccessibility.

That is the point farthest from the area's edge. A label there lies inside any area that has room
for it, whereas the centre of a curved area may lie outside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, get_coordinates, maximum_inscribed_circle, transform

from app.areas.grid import from_grid, to_grid
from app.areas.types import LabelPoint

PRECISION = 10.0  # metres


def find_label_point(area: Polygon | MultiPolygon, precision: float = PRECISION) -> LabelPoint:
    """Return the label point of an area in degrees (WGS 84), to `precision` metres.

    If the area has several parts, the label goes in the one with the most room.
    """
    radius = maximum_inscribed_circle(transform(area, _to_metres), precision)
    latitude, longitude = from_grid(*get_coordinates(radius)[0])
    return LabelPoint(round(latitude, 5), round(longitude, 5), round(radius.length))


def _to_metres(points: NDArray[np.float64]) -> NDArray[np.float64]:
    longitudes, latitudes = points.T
    return np.column_stack(to_grid(latitudes, longitudes))
