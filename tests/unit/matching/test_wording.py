"""A proposal's terms in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from app.matching.types import NeedRow
from app.matching.wording import MINUS, in_words, points

NEED = NeedRow(
    id=1,
    area_code="thetford",
    area_name="Thetford",
    network_id=None,
    network=None,
    network_slug=None,
    kind=None,
    kind_slug=None,
    places=3,
    priority=60,
    what_for="",
    setting="",
    times="",
    contact="",
    source="hand",
    opened_on=date(2026, 1, 1),
    closed_on=None,
    held=2,
    asked=2,
    proposed=0,
)


@pytest.fixture(autouse=True)
def words() -> Iterator[None]:
    """Sentences need an application's language."""
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("thousandths", "plain", "signed"),
    [
        (0, "0", "+0"),
        (33_333, "33.333", "+33.333"),
        (40_000, "40", "+40"),
        (-4_000, "−4", "−4"),
        (-50, "−0.05", "−0.05"),
        (10_000_000, "10,000", "+10,000"),
    ],
)
def test_points(thousandths: int, plain: str, signed: str) -> None:
    assert points(thousandths) == plain
    assert points(thousandths, signed=True) == signed


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_points_lose_nothing(thousandths: int) -> None:
    text = points(thousandths).replace(",", "").replace(MINUS, "-")
    whole, _dot, rest = text.lstrip("-").partition(".")
    value = int(whole) * 1_000 + int(rest.ljust(3, "0"))
    assert (-value if text.startswith("-") else value) == thousandths


def test_terms_of_nought_are_left_out_but_for_the_distance() -> None:
    terms = {
        "place": 20_000,
        "first_in_area": 0,
        "distance": 0,
        "further_assignment": -10_000,
        "standing": 0,
    }
    assert in_words(terms, 3, NEED) == [
        ("Place 3 of 3 of a need with priority 60", "+20"),
        ("Close by, or offered to help there", "+0"),
        ("Serves, or was asked to serve, elsewhere too", "−10"),
    ]


def test_the_distance_reads_as_kilometres() -> None:
    terms = {"place": 60_000, "first_in_area": 1_000_000, "distance": -12_000}
    assert in_words(terms, 1, NEED)[1:] == [
        ("First champion of an area that has none", "+1,000"),
        ("About 12 km away", "−12"),
    ]


def test_places_that_are_empty_are_never_fewer_than_none() -> None:
    assert NEED.empty == 0
