"""The point for a label inside a shape: its pole of inaccessibility. Pure.

That is the point of the shape farthest from its edge, so what is written there lies inside the
shape wherever the shape has room at all; the middle of a bent one may lie outside it. Found by
halving squares, the most promising first (as Mapbox's polylabel does).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

PRECISION = 1.0  # units of the drawing
START = 4  # squares along the shorter side to begin with
DIAGONAL = math.sqrt(2)

Point = tuple[float, float]
Ring = tuple[Point, ...]


class LabelPoint(NamedTuple):
    """A point, and how far it is from the nearest edge."""

    x: float
    y: float
    room: float


class _Search:
    """The best point so far, and the squares that may still hold a better one."""

    def __init__(self, rings: Sequence[Ring], precision: float) -> None:
        self.edges = [(*a, *b) for ring in rings for a, b in pairwise(ring)]
        self.best = LabelPoint(*rings[0][0], 0.0)
        self.queue: list[tuple[float, float, float, float]] = []
        self.precision = precision

    def look(self, x: float, y: float, half: float = 0.0) -> None:
        """At the middle of a square, and whether the rest of it is worth a look."""
        room = _room(x, y, self.edges)
        if room > self.best.room:
            self.best = LabelPoint(x, y, room)
        promise = room + half * DIAGONAL
        if half and promise > self.best.room + self.precision:
            heappush(self.queue, (-promise, x, y, half))

    def halve(self) -> LabelPoint:
        """Until no square can hold anything better worth speaking of."""
        while self.queue:
            promise, x, y, half = heappop(self.queue)
            if -promise <= self.best.room + self.precision:
                break
            for dx, dy in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
                self.look(x + dx * half / 2, y + dy * half / 2, half / 2)
        return self.best


@lru_cache(maxsize=512)
def find_label_point(rings: tuple[Ring, ...], precision: float = PRECISION) -> LabelPoint:
    """The pole of a polygon: its outer ring, then its holes, each closed."""
    outer = rings[0]
    west, east = min(x for x, _ in outer), max(x for x, _ in outer)
    north, south = min(y for _, y in outer), max(y for _, y in outer)
    search = _Search(rings, precision)
    size = min(east - west, south - north) / START
    if size <= 0:
        return search.best
    search.look((west + east) / 2, (north + south) / 2)
    for column in range(math.ceil((east - west) / size)):
        for row in range(math.ceil((south - north) / size)):
            search.look(west + (column + 0.5) * size, north + (row + 0.5) * size, size / 2)
    return search.halve()


def _room(x: float, y: float, edges: Sequence[tuple[float, float, float, float]]) -> float:
    """How far a point is from the nearest edge; negative outside the polygon."""
    inside, nearest = False, math.inf
    for ax, ay, bx, by in edges:
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        along = ((x - ax) * dx + (y - ay) * dy) / length if length else 0.0
        along = 0.0 if along < 0 else 1.0 if along > 1 else along
        px, py = ax + along * dx - x, ay + along * dy - y
        nearest = min(nearest, px * px + py * py)
    return math.sqrt(nearest) * (1 if inside else -1)
