"""Wording for a proposal's score and suitability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from app.certificates.types import DatePrecision
from app.matching.types import NeedRow, Suitability
from app.matching.wording import (
    MINUS,
    describe_suitability,
    describe_terms,
    format_points,
    format_points_with_unit,
)

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
def request_context() -> Iterator[None]:
    """Push a request context with Babel, because gettext needs one."""
    app = Flask(__name__)
    Babel(app, default_locale="en_GB")
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("thousandths", "plain", "signed"),
    [
        (0, "0", "+0"),
        (33_333, "33.3", "+33.3"),
        (25_666, "25.7", "+25.7"),
        (52_333, "52.3", "+52.3"),
        (49_999, "50", "+50"),
        (40_000, "40", "+40"),
        (-4_000, "−4", "−4"),
        (-50, "−0.1", "−0.1"),
        (-49, "0", "+0"),
        (10_000_000, "10,000", "+10,000"),
    ],
)
def test_points_are_shown_with_and_without_sign(thousandths: int, plain: str, signed: str) -> None:
    assert format_points(thousandths) == plain
    assert format_points(thousandths, signed=True) == signed


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_points_are_rounded_to_the_nearest_tenth(thousandths: int) -> None:
    text = format_points(thousandths).replace(",", "").replace(MINUS, "-")
    assert not text.endswith(".0")
    assert abs(float(text) * 1_000 - thousandths) < 51


def test_one_point_is_singular() -> None:
    assert format_points_with_unit(1_000) == "1 point"
    assert format_points_with_unit(52_333) == "52.3 points"


SUITABILITY = Suitability(
    "MHFA (Adult)", date(2028, 3, 1), DatePrecision.DAY, True, 1, True, date(2026, 5, 3)
)


def test_suitability_is_described_in_words() -> None:
    need = replace(NEED, network="Farming")
    assert describe_suitability(SUITABILITY, need) == [
        "Has a certificate for MHFA (Adult), in date until 1 March 2028",
        "Belongs to Farming",
        "Lives or works about 1 km away",
        "Is available, and was last asked on 3 May 2026",
    ]
    others = replace(SUITABILITY, until=None, is_member=False, kilometres=0, asked_on=None)
    assert describe_suitability(others, need) == [
        "Has a certificate for MHFA (Adult), which does not expire",
        "Lives or works close by, or offered to help there",
        "Is available, and has not been asked before",
    ]
    no_longer = replace(SUITABILITY, certificate=None, is_active=False)
    sentences = describe_suitability(no_longer, need)
    assert sentences[0] == "Does not have an in-date certificate today"
    assert sentences[-1] == "Is away now, or has not been in touch in the last year"


def test_zero_terms_are_left_out_except_the_distance() -> None:
    terms = {
        "place": 20_000,
        "first_in_area": 0,
        "distance": 0,
        "further_assignment": -10_000,
        "standing": 0,
    }
    assert describe_terms(terms, 3, NEED) == [
        ("Place 3 of 3 for a need with priority 60", "+20"),
        ("Close by, or offered to help there", "+0"),
        ("Also helps, or has been asked to help, somewhere else", "−10"),
    ]


def test_the_distance_is_shown_in_kilometres() -> None:
    terms = {"place": 60_000, "first_in_area": 1_000_000, "distance": -12_000}
    assert describe_terms(terms, 1, NEED)[1:] == [
        ("First champion in an area that has none", "+1,000"),
        ("About 12 km away", "−12"),
    ]


def test_the_number_of_empty_places_is_never_negative() -> None:
    assert NEED.vacancies == 0
