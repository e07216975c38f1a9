"""Finding the point at which an area's label is written."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon

from app.areas.grid import from_grid, to_grid
from app.areas.label_point import find_label_point

EAST, NORTH = 595_000, 293_000  # the origin of the shapes, on the National Grid
Corners = Sequence[tuple[float, float]]
SQUARE: Corners = ((0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0))
# The centre of a horseshoe is outside it, in the opening.
HORSESHOE: Corners = (
    (0, 0), (1000, 0), (1000, 1000), (700, 1000), (700, 300), (300, 300), (300, 1000), (0, 1000),
    (0, 0),
)  # fmt: skip


def in_degrees(corners: Corners) -> list[tuple[float, float]]:
    places = [from_grid(EAST + x, NORTH + y) for x, y in corners]
    return [(longitude, latitude) for latitude, longitude in places]


def label_of(corners: Corners, *holes: Corners, precision: float = 1) -> tuple[Point, float]:
    """Return the label point in metres from the origin, and its distance from the edge."""
    area = Polygon(in_degrees(corners), [in_degrees(hole) for hole in holes])
    point = find_label_point(area, precision)
    easting, northing = to_grid(point.latitude, point.longitude)
    return Point(easting - EAST, northing - NORTH), point.room


def test_the_label_of_a_square_is_at_its_centre() -> None:
    point, room = label_of(SQUARE)
    assert (point.x, point.y, room) == pytest.approx((500, 500, 500), abs=2)


def test_the_label_of_a_horseshoe_is_inside_it() -> None:
    point, room = label_of(HORSESHOE)
    assert Polygon(HORSESHOE).contains(point)
    # The largest circle inside touches two outer sides and an inner corner.
    assert room == pytest.approx(300 * math.sqrt(2) / (1 + math.sqrt(2)), abs=2)


def test_the_label_is_not_in_a_hole() -> None:
    hole: Corners = ((400, 400), (900, 400), (900, 900), (400, 900), (400, 400))
    point, _ = label_of(SQUARE, hole)
    assert Polygon(SQUARE, [hole]).contains(point)
    assert point.x < 400 or point.y < 400


def test_a_very_narrow_area_has_no_room_for_a_label() -> None:
    _, room = label_of(((0, 0), (4000, 0), (4000, 0.5), (0, 0)))
    assert room == 0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(200, 3000), min_size=5, max_size=40))
def test_the_label_is_inside_and_its_room_is_not_overstated(radii: list[float]) -> None:
    corners = [
        (radius * math.cos(2 * math.pi * at / len(radii)),
         radius * math.sin(2 * math.pi * at / len(radii)))
        for at, radius in enumerate(radii)
    ]  # fmt: skip
    shape = Polygon([*corners, corners[0]])
    point, room = label_of([*corners, corners[0]])
    assert shape.contains(point)
    assert room <= shape.exterior.distance(point) + 2  # degrees are rounded to about a metre
