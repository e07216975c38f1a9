"""Drawing the map of the district, with hexagons or with boundaries."""

from __future__ import annotations

import math
import re
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import geometry

from app.areas.label_point import find_label_point
from app.areas.types import AreaKind, Boundary, MapArea, Place
from app.coverage.drawing import WIDTH, draw_map

DEGREES = st.tuples(st.floats(0.5, 1.2), st.floats(52.3, 52.9))


def ward(
    number: int, longitude: float, latitude: float, boundary: dict[str, Any] | None = None
) -> MapArea:
    place = Place(number, AreaKind.WARD, f"E{number:08}", f"Ward {number}")
    known = boundary and Boundary(place.code, boundary, find_label_point(geometry.shape(boundary)))
    return MapArea(place, latitude, longitude, None, None, None, known)


def square(west: float, south: float, size: float = 0.1) -> list[list[float]]:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


@settings(deadline=None, max_examples=40)
@given(st.lists(DEGREES, min_size=1, max_size=40))
def test_hexagons_do_not_overlap(centres: list[tuple[float, float]]) -> None:
    drawing = draw_map([ward(number, *centre) for number, centre in enumerate(centres)], {})
    assert not drawing.has_boundaries
    assert len(drawing.shapes) == len(centres)
    distances = [
        math.dist((one.x, one.y), (other.x, other.y))
        for one, other in combinations(drawing.shapes, 2)
    ]
    widths = []
    for shape in drawing.shapes:
        corners = [float(number) for number in re.findall(r"-?\d+\.\d+", shape.path)]
        widths.append(max(corners[0::2]) - min(corners[0::2]))
        assert min(corners) >= 0
        assert max(corners[0::2]) <= WIDTH
        assert max(corners[1::2]) <= drawing.height
    assert all(gap >= max(widths) for gap in distances)


def test_hexagons_keep_their_relative_positions() -> None:
    wards = [ward(0, 0.6, 52.8), ward(1, 1.1, 52.8), ward(2, 0.6, 52.4), ward(3, 1.1, 52.4)]
    shapes = {shape.name: shape for shape in draw_map(wards, {}).shapes}
    assert shapes["Ward 0"].x < shapes["Ward 1"].x
    assert shapes["Ward 0"].y < shapes["Ward 2"].y
    assert draw_map(wards, {}) == draw_map(wards, {})


def test_neighbouring_boundaries_share_their_edges() -> None:
    wards = [
        ward(0, 0.65, 52.45, {"type": "Polygon", "coordinates": [square(0.6, 52.4)]}),
        ward(1, 0.75, 52.45, {"type": "MultiPolygon", "coordinates": [[square(0.7, 52.4)]]}),
    ]
    drawing = draw_map(wards, {"Both": ["E00000000", "E00000001"]})
    assert drawing.has_boundaries
    left, right = drawing.shapes
    assert left.path.startswith("M")
    assert left.path.endswith("z")
    assert left.x < WIDTH / 2 < right.x
    (label,) = drawing.labels
    assert (label.text, label.x) == ("Both", WIDTH / 2)


def test_a_number_is_inside_its_ward_or_left_out() -> None:
    """The first ward surrounds the second, as a rural ward can surround a town's."""
    around = [[0.6, 52.4], [0.9, 52.4], [0.9, 52.7], [0.6, 52.7], [0.6, 52.4]]
    town = square(0.72, 52.52, 0.06)
    hamlet = square(0.95, 52.4, 0.004)
    wards = [
        ward(0, 0.75, 52.55, {"type": "Polygon", "coordinates": [around, town]}),
        ward(1, 0.75, 52.55, {"type": "Polygon", "coordinates": [town]}),
        ward(2, 0.95, 52.4, {"type": "Polygon", "coordinates": [hamlet]}),
    ]
    outer, inner, tiny = draw_map(wards, {}).shapes
    assert math.dist((outer.x, outer.y), (inner.x, inner.y)) > 100
    assert outer.fit == "phone"
    assert tiny.fit == "none"


def test_the_name_of_a_town_does_not_cover_a_number() -> None:
    """The town is surrounded by wards, so there are numbers above and below it."""
    wards = [
        ward(
            row * 5 + column,
            0.6 + column * 0.1,
            52.4 + row * 0.03,
            {
                "type": "Polygon",
                "coordinates": [
                    [
                        [0.6 + column * 0.1, 52.4 + row * 0.03],
                        [0.7 + column * 0.1, 52.4 + row * 0.03],
                        [0.7 + column * 0.1, 52.43 + row * 0.03],
                        [0.6 + column * 0.1, 52.43 + row * 0.03],
                        [0.6 + column * 0.1, 52.4 + row * 0.03],
                    ]
                ],
            },
        )
        for row in range(5)
        for column in range(5)
    ]
    drawing = draw_map(wards, {"Middle": [wards[12].place.code]})
    (label,) = drawing.labels
    half = len("Middle") * 21 / 2
    for shape in drawing.shapes:
        assert abs(shape.x - label.x) >= half + 16 or abs(shape.y - label.y) >= 36


def test_one_missing_boundary_gives_a_map_of_hexagons() -> None:
    boundary = {"type": "Polygon", "coordinates": [square(0.6, 52.4)]}
    assert not draw_map([ward(0, 0.65, 52.45, boundary), ward(1, 0.8, 52.5)], {}).has_boundaries


def test_a_map_without_wards_is_empty() -> None:
    assert draw_map([], {}).shapes == ()
