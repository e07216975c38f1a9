"""Find the point for an area's label: the pole of inaccessibility.

It is the point inside the area that is farthest from the edge. The centre of a curved area may be
outside the area.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, get_coordinates, maximum_inscribed_circle, transform

from app.areas.grid import from_grid, to_grid
from app.areas.types import LabelPoint

PRECISION = 10.0  # metres


def find_label_point(area: Polygon | MultiPolygon, precision: float = PRECISION) -> LabelPoint:
    """Return the point for an area's label in degrees (WGS 84), to `precision` metres.

    If the area has several parts, the label goes in the part with the most room.
    """
    radius = maximum_inscribed_circle(transform(area, _to_metres), precision)
    latitude, longitude = from_grid(*get_coordinates(radius)[0])
    return LabelPoint(round(latitude, 5), round(longitude, 5), round(radius.length))


def _to_metres(points: NDArray[np.float64]) -> NDArray[np.float64]:
    longitudes, latitudes = points.T
    return np.column_stack(to_grid(latitudes, longitudes))
