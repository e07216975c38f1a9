"""A label stands where its shape has most room."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.coverage.label_point import LabelPoint, Ring, find_label_point

SQUARE: Ring = ((0, 0), (100, 0), (100, 100), (0, 100), (0, 0))
# A horseshoe: its middle lies in the opening.
HORSESHOE: Ring = (
    (0, 0), (100, 0), (100, 100), (70, 100), (70, 30), (30, 30), (30, 100), (0, 100), (0, 0),
)  # fmt: skip


def inside(point: LabelPoint, ring: Ring) -> bool:
    crossings = [
        point.x < (bx - ax) * (point.y - ay) / (by - ay) + ax
        for (ax, ay), (bx, by) in pairwise(ring)
        if (ay > point.y) != (by > point.y)
    ]
    return sum(crossings) % 2 == 1


def test_of_a_square_it_is_the_middle() -> None:
    point = find_label_point((SQUARE,), 0.1)
    assert (point.x, point.y, point.room) == pytest.approx((50, 50, 50), abs=0.2)


def test_of_a_bent_shape_it_lies_inside() -> None:
    point = find_label_point((HORSESHOE,), 0.1)
    assert inside(point, HORSESHOE)
    # A corner of the bend, where a circle touches two outer sides and the inner corner.
    assert point.room == pytest.approx(30 * math.sqrt(2) / (1 + math.sqrt(2)), abs=0.2)


def test_a_hole_is_kept_clear_of() -> None:
    hole: Ring = ((40, 40), (90, 40), (90, 90), (40, 90), (40, 40))
    point = find_label_point((SQUARE, hole), 0.1)
    assert inside(point, SQUARE)
    assert not inside(point, hole)
    assert point.x < 40 or point.y < 40


def test_what_has_no_size_has_no_room() -> None:
    assert find_label_point((((5, 5), (9, 5), (5, 5)),)) == (5, 5, 0)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(20, 300), min_size=5, max_size=40))
def test_it_is_never_outside_nor_nearer_than_it_says(radii: list[float]) -> None:
    corners = [
        (radius * math.cos(2 * math.pi * at / len(radii)),
         radius * math.sin(2 * math.pi * at / len(radii)))
        for at, radius in enumerate(radii)
    ]  # fmt: skip
    ring = (*corners, corners[0])
    point = find_label_point((ring,))
    assert inside(point, ring)
    assert point.room <= min(math.dist((point.x, point.y), corner) for corner in corners) + 1e-6
