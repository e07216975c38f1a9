"""The district as a drawing: real boundaries once they are imported, else a map of hexagons.

Pure: takes areas with their centres and boundaries, gives SVG paths. Nothing here is about a
person, and nothing finer than a ward is ever drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from app.areas.types import Boundary, MapArea, Place
from app.coverage.types import Fit, Label, Shape, Sheet

WIDTH = 1000  # units of the drawing; its height follows from the district's shape
MARGIN = 12
TALLEST = 2.5  # times its width: the drawing of a district that is one line of wards
# A number is drawn where this much room is left around its middle: on a phone too, where it has to
# be larger to be read; on wider screens only; smaller and on wider screens only; else not at all.
ROOM_FOR: tuple[tuple[Fit, float], ...] = (("phone", 30), ("wide", 18), ("small", 10))
ASIDE = (0, -40, 40, -80, 80, -120, 120)  # how far beside its wards a town's name may stand
LETTER, LINE = 21, 36  # of a town's name: width of a letter, height with its number's
ROOM = 1.9  # grid cells per ward: how loosely the hexagons lie

METRES_IN_A_DEGREE = 111_250  # of latitude, in England

Point = tuple[float, float]


def draw(wards: Sequence[MapArea], towns: Mapping[str, Sequence[str]]) -> Sheet:
    """The wards, and the names of towns over them; `towns`: name → codes of its wards."""
    wards = [ward for ward in wards if ward.latitude is not None and ward.longitude is not None]
    if not wards:
        return Sheet(WIDTH, 0, False, ())
    boundaries = {ward.place: ward.boundary for ward in wards if ward.boundary}
    if len(boundaries) == len(wards):
        return _real(boundaries, towns)
    return _schematic(wards, towns)


class _Frame:
    """Degrees to units: equirectangular, true to shape at the district's middle latitude."""

    def __init__(self, points: Iterable[Point], margin: float = MARGIN) -> None:
        known = list(points)
        self._west = min(x for x, _ in known)
        self._north = max(y for _, y in known)
        east, south = max(x for x, _ in known), min(y for _, y in known)
        self._squeeze = math.cos(math.radians((self._north + south) / 2))
        across = max((east - self._west) * self._squeeze, (self._north - south) / TALLEST, 1e-9)
        self.scale = (WIDTH - 2 * margin) / across
        self._margin = margin
        self.height = math.ceil((self._north - south) * self.scale + 2 * margin)

    def at(self, longitude: float, latitude: float) -> Point:
        return (
            self._margin + (longitude - self._west) * self._squeeze * self.scale,
            self._margin + (self._north - latitude) * self.scale,
        )


def _polygons(boundary: Boundary) -> list[list[list[Point]]]:
    """Return the boundary's parts. Each is a list of rings: the outer one, then the holes."""
    polygons = boundary.geometry["coordinates"]
    if boundary.geometry["type"] == "Polygon":
        polygons = [polygons]
    return [[[(x, y) for x, y, *_ in ring] for ring in polygon] for polygon in polygons]


def _real(boundaries: Mapping[Place, Boundary], towns: Mapping[str, Sequence[str]]) -> Sheet:
    polygons = {place: _polygons(boundary) for place, boundary in boundaries.items()}
    frame = _Frame(
        point for each in polygons.values() for rings in each for ring in rings for point in ring
    )
    shapes = []
    for place, boundary in boundaries.items():
        path = "".join(
            _path([frame.at(*point) for point in ring])
            for rings in polygons[place]
            for ring in rings
        )
        x, y = frame.at(boundary.label.longitude, boundary.label.latitude)
        room = boundary.label.room / METRES_IN_A_DEGREE * frame.scale
        shapes.append(Shape(place.code, place.name, path, round(x, 1), round(y, 1), _fit(room)))
    return Sheet(WIDTH, frame.height, True, tuple(shapes), _labels(shapes, towns))


def _fit(room: float) -> Fit:
    """How large a number can be written where its shape leaves so much room on each side."""
    return next((fit for fit, least in ROOM_FOR if room >= least), "none")


def _path(ring: Sequence[Point]) -> str:
    """A closed path in whole units, each step told from the last: short, and without gaps."""
    steps = [(round(x), round(y)) for x, y in ring]
    x, y = steps[0]
    moves = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(steps)]
    told = " ".join(f"{dx},{dy}" for dx, dy in moves if (dx, dy) != (0, 0))
    return f"M{x},{y}l{told}z"


def _labels(shapes: Sequence[Shape], towns: Mapping[str, Sequence[str]]) -> tuple[Label, ...]:
    """Each town's name as near to its wards as it hides no number and no other name."""
    labels: list[Label] = []
    for name, codes in towns.items():
        own = [shape for shape in shapes if shape.code in set(codes)]
        if own:
            x = sum(shape.x for shape in own) / len(own)
            top, bottom = min(shape.y for shape in own), max(shape.y for shape in own)
            near = sorted(
                ((x + aside, y) for y in (top - 42, bottom + 44) for aside in ASIDE),
                key=lambda at: (abs(at[0] - x), at[1]),
            )
            far = [(x, top - 68), (x, bottom + 70)]
            free = (at for at in [*near, *far] if _is_free(shapes, labels, name, *at))
            labels.append(Label(name, *(round(part, 1) for part in next(free, (x, top - 42)))))
    return tuple(labels)


def _is_free(
    shapes: Sequence[Shape], labels: Sequence[Label], name: str, x: float, y: float
) -> bool:
    """Whether a name written around a point stays on the drawing and off what is written there."""
    half = len(name) * LETTER / 2
    numbers = ((shape.x, shape.y, 16.0) for shape in shapes if shape.fit != "none")
    names = ((label.x, label.y, len(label.text) * LETTER / 2) for label in labels)
    return half <= x <= WIDTH - half and not any(
        abs(there_x - x) < half + wide and abs(there_y - y) < LINE
        for there_x, there_y, wide in [*numbers, *names]
    )


# ------------------------------------------------------------------------------- hexagons ---


def _schematic(wards: Sequence[MapArea], towns: Mapping[str, Sequence[str]]) -> Sheet:
    """A hexagon for each ward, near its centre, none over another; all of one size."""
    centres = {
        ward.place.code: (float(ward.longitude or 0), float(ward.latitude or 0)) for ward in wards
    }
    frame = _Frame(centres.values(), margin=90)
    points = {code: frame.at(*centre) for code, centre in centres.items()}
    radius = math.sqrt(WIDTH * frame.height / (len(wards) * ROOM) / 2.598)
    grid = _grid(radius, frame.height)
    while len(grid) < len(wards):
        radius *= 0.9
        grid = _grid(radius, frame.height)
    cells = _settle(points, grid)
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
    return Sheet(WIDTH, height, False, tuple(shapes), _labels(shapes, towns))


def _grid(radius: float, height: float) -> list[Point]:
    """Middles of hexagons that stand on a corner, covering the drawing."""
    across, down = math.sqrt(3) * radius, 1.5 * radius
    columns = int((WIDTH - 2 * MARGIN) / across - 0.5)  # every second row stands half a cell in
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


def _settle(points: Mapping[str, Point], cells: Sequence[Point]) -> dict[str, Point]:
    """A cell for each point: the nearest pairs first, then swaps for as long as they help."""
    pairs = sorted(
        (_apart(point, cell), code, cell) for code, point in points.items() for cell in cells
    )
    chosen: dict[str, Point] = {}
    taken: set[Point] = set()
    for _, code, cell in pairs:
        if code not in chosen and cell not in taken:
            chosen[code] = cell
            taken.add(cell)
    while _improve(points, cells, chosen):
        pass
    return chosen


def _improve(points: Mapping[str, Point], cells: Sequence[Point], chosen: dict[str, Point]) -> bool:
    """One round of moves to a free cell, or swaps of two, that bring points nearer their cells."""
    helped = False
    for code in sorted(points):
        holder = {cell: other for other, cell in chosen.items()}
        for cell in cells:
            other = holder.get(cell)
            if other == code:
                continue
            before = _apart(points[code], chosen[code])
            after = _apart(points[code], cell)
            if other is not None:
                before += _apart(points[other], cell)
                after += _apart(points[other], chosen[code])
            if after < before - 1e-6:
                if other is not None:
                    chosen[other] = chosen[code]
                chosen[code] = cell
                holder = {cell: other for other, cell in chosen.items()}
                helped = True
    return helped


def _apart(one: Point, other: Point) -> float:
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
