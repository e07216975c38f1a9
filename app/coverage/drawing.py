"""Draw a map of the district from ward boundaries. Without boundaries, draw hexagons.

The functions take areas with their centres and boundaries, and return SVG paths. The map contains
no data about people, and nothing smaller than a ward.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from app.areas.types import Boundary, MapArea, Place
from app.coverage.types import DistrictMap, Fit, Label, Shape

WIDTH = 1000  # drawing units; the height depends on the district's shape
MARGIN = 12
MAX_HEIGHT_RATIO = 2.5  # the maximum height as a multiple of the width
# The minimum room around a ward's number, if it is shown on every screen, on wide screens only, or
# in small type on wide screens only. If there is less room, the number is left out.
MIN_ROOM: tuple[tuple[Fit, float], ...] = (("phone", 30), ("wide", 18), ("small", 10))
# Horizontal offsets of a town's name from its wards, in the order in which they are tried.
LABEL_OFFSETS = (0, -40, 40, -80, 80, -120, 120)
LETTER_WIDTH, LINE_HEIGHT = 21, 36  # a town's name: letter width, and line height with a number
CELLS_PER_WARD = 1.9  # grid cells per ward: more cells leave more space between hexagons

METRES_IN_A_DEGREE = 111_250  # of latitude, in England

Point = tuple[float, float]


def draw_map(wards: Sequence[MapArea], towns: Mapping[str, Sequence[str]]) -> DistrictMap:
    """Draw the wards and the names of towns. ``towns`` has the ward codes of each town, by name."""
    wards = [ward for ward in wards if ward.latitude is not None and ward.longitude is not None]
    if not wards:
        return DistrictMap(WIDTH, 0, False, ())
    boundaries = {ward.place: ward.boundary for ward in wards if ward.boundary}
    if len(boundaries) == len(wards):
        return _draw_boundaries(boundaries, towns)
    return _draw_hexagons(wards, towns)


class _Projection:
    """A conversion from degrees to drawing units, using the equirectangular projection."""

    def __init__(self, points: Iterable[Point], margin: float = MARGIN) -> None:
        points = list(points)
        self._west = min(x for x, _ in points)
        self._north = max(y for _, y in points)
        east, south = max(x for x, _ in points), min(y for _, y in points)
        self._longitude_scale = math.cos(math.radians((self._north + south) / 2))
        across = max(
            (east - self._west) * self._longitude_scale,
            (self._north - south) / MAX_HEIGHT_RATIO,
            1e-9,
        )
        self.scale = (WIDTH - 2 * margin) / across
        self._margin = margin
        self.height = math.ceil((self._north - south) * self.scale + 2 * margin)

    def to_drawing(self, longitude: float, latitude: float) -> Point:
        return (
            self._margin + (longitude - self._west) * self._longitude_scale * self.scale,
            self._margin + (self._north - latitude) * self.scale,
        )


def _polygons(boundary: Boundary) -> list[list[list[Point]]]:
    """Return a boundary's polygons. Each is a list of rings: the outer ring, then the holes."""
    polygons = boundary.geometry["coordinates"]
    if boundary.geometry["type"] == "Polygon":
        polygons = [polygons]
    return [[[(x, y) for x, y, *_ in ring] for ring in polygon] for polygon in polygons]


def _draw_boundaries(
    boundaries: Mapping[Place, Boundary], towns: Mapping[str, Sequence[str]]
) -> DistrictMap:
    polygons = {place: _polygons(boundary) for place, boundary in boundaries.items()}
    frame = _Projection(
        point for each in polygons.values() for rings in each for ring in rings for point in ring
    )
    shapes = []
    for place, boundary in boundaries.items():
        path = "".join(
            _path([frame.to_drawing(*point) for point in ring])
            for rings in polygons[place]
            for ring in rings
        )
        x, y = frame.to_drawing(boundary.label.longitude, boundary.label.latitude)
        room = boundary.label.room / METRES_IN_A_DEGREE * frame.scale
        shapes.append(
            Shape(place.code, place.name, path, round(x, 1), round(y, 1), _number_size(room))
        )
    return DistrictMap(WIDTH, frame.height, True, tuple(shapes), _labels(shapes, towns))


def _number_size(room: float) -> Fit:
    """Return the text size for a number with this much room around it."""
    return next((fit for fit, least in MIN_ROOM if room >= least), "none")


def _path(ring: Sequence[Point]) -> str:
    """Return a closed SVG path in whole units.

    Points are rounded first, so that there are no gaps between wards.
    """
    steps = [(round(x), round(y)) for x, y in ring]
    x, y = steps[0]
    moves = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(steps)]
    steps_text = " ".join(f"{dx},{dy}" for dx, dy in moves if (dx, dy) != (0, 0))
    return f"M{x},{y}l{steps_text}z"


def _labels(shapes: Sequence[Shape], towns: Mapping[str, Sequence[str]]) -> tuple[Label, ...]:
    """Place the name of each town near its wards, without covering other text."""
    labels: list[Label] = []
    for name, codes in towns.items():
        town_shapes = [shape for shape in shapes if shape.code in set(codes)]
        if town_shapes:
            x = sum(shape.x for shape in town_shapes) / len(town_shapes)
            top = min(shape.y for shape in town_shapes)
            bottom = max(shape.y for shape in town_shapes)
            near = sorted(
                ((x + offset, y) for y in (top - 42, bottom + 44) for offset in LABEL_OFFSETS),
                key=lambda point: (abs(point[0] - x), point[1]),
            )
            far = [(x, top - 68), (x, bottom + 70)]
            free = (
                point for point in [*near, *far] if _is_space_free(shapes, labels, name, *point)
            )
            labels.append(Label(name, *(round(value, 1) for value in next(free, (x, top - 42)))))
    return tuple(labels)


def _is_space_free(
    shapes: Sequence[Shape], labels: Sequence[Label], name: str, x: float, y: float
) -> bool:
    """Return whether a name centred on a point fits on the map without covering other text."""
    half = len(name) * LETTER_WIDTH / 2
    numbers = ((shape.x, shape.y, 16.0) for shape in shapes if shape.fit != "none")
    names = ((label.x, label.y, len(label.text) * LETTER_WIDTH / 2) for label in labels)
    return half <= x <= WIDTH - half and not any(
        abs(other_x - x) < half + other_half and abs(other_y - y) < LINE_HEIGHT
        for other_x, other_y, other_half in [*numbers, *names]
    )


# ------------------------------------------------------------------------------- hexagons ---


def _draw_hexagons(wards: Sequence[MapArea], towns: Mapping[str, Sequence[str]]) -> DistrictMap:
    """Draw a hexagon of the same size for each ward, near its centre and without overlaps."""
    centres = {
        ward.place.code: (float(ward.longitude or 0), float(ward.latitude or 0)) for ward in wards
    }
    frame = _Projection(centres.values(), margin=90)
    points = {code: frame.to_drawing(*centre) for code, centre in centres.items()}
    radius = math.sqrt(WIDTH * frame.height / (len(wards) * CELLS_PER_WARD) / 2.598)
    grid = _grid(radius, frame.height)
    while len(grid) < len(wards):
        radius *= 0.9
        grid = _grid(radius, frame.height)
    cells = _assign_cells(points, grid)
    shapes = [
        Shape(
            code := ward.place.code,
            ward.place.name,
            _hexagon(cells[code], radius * 0.96),
            *cells[code],
        )
        for ward in wards
    ]
    height = math.ceil(max(y for _, y in cells.values()) + radius + MARGIN)
    return DistrictMap(WIDTH, height, False, tuple(shapes), _labels(shapes, towns))


def _grid(radius: float, height: float) -> list[Point]:
    """Return the centres of a grid of hexagons that covers the drawing."""
    across, down = math.sqrt(3) * radius, 1.5 * radius
    columns = int((WIDTH - 2 * MARGIN) / across - 0.5)  # every second row is offset by half a cell
    rows = max(1, int((height + radius) // down) + 1)
    left = (WIDTH - (columns - 0.5) * across) / 2
    return [
        (
            round(left + (column + (0.5 if row % 2 else 0)) * across, 1),
            round(radius + MARGIN + row * down, 1),
        )
        for row in range(rows)
        for column in range(columns)
    ]


def _assign_cells(points: Mapping[str, Point], cells: Sequence[Point]) -> dict[str, Point]:
    """Assign each point to a nearby grid cell."""
    pairs = sorted(
        (_squared_distance(point, cell), code, cell)
        for code, point in points.items()
        for cell in cells
    )
    chosen: dict[str, Point] = {}
    taken: set[Point] = set()
    for _, code, cell in pairs:
        if code not in chosen and cell not in taken:
            chosen[code] = cell
            taken.add(cell)
    while _improve_assignment(points, cells, chosen):
        pass
    return chosen


def _improve_assignment(
    points: Mapping[str, Point], cells: Sequence[Point], chosen: dict[str, Point]
) -> bool:
    """Move or swap points to bring them nearer to their cells. Return whether any point moved."""
    moved = False
    for code in sorted(points):
        points_by_cell = {cell: other for other, cell in chosen.items()}
        for cell in cells:
            other = points_by_cell.get(cell)
            if other == code:
                continue
            before = _squared_distance(points[code], chosen[code])
            after = _squared_distance(points[code], cell)
            if other is not None:
                before += _squared_distance(points[other], cell)
                after += _squared_distance(points[other], chosen[code])
            if after < before - 1e-6:
                if other is not None:
                    chosen[other] = chosen[code]
                chosen[code] = cell
                points_by_cell = {cell: other for other, cell in chosen.items()}
                moved = True
    return moved


def _squared_distance(one: Point, other: Point) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def _hexagon(middle: Point, radius: float) -> str:
    corners = [
        (
            middle[0] + radius * math.sin(math.pi / 3 * corner),
            middle[1] - radius * math.cos(math.pi / 3 * corner),
        )
        for corner in range(6)
    ]
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in corners) + "z"
