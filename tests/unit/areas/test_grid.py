"""Conversion between degrees and metres, checked against published coordinates."""

from __future__ import annotations

from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import network
from pyproj.exceptions import ProjError

from app.areas.grid import from_grid, to_grid

# (latitude, longitude, easting, northing). The first two are test points of Ordnance Survey's exact
# transformation. The others are the centres of a ward and an LSOA, as published by the ONS.
KNOWN = [
    (49.92226393730, -6.29977752014, 91492.146, 11318.804),  # St Mary's, Isles of Scilly
    (49.96006137820, -5.20304609998, 170370.718, 11572.405),  # the Lizard
    (52.50280, 0.879619, 595545, 293329),  # All Saints & Wayland
    (52.54615, 0.932478, 598936, 298294),  # Breckland 010A
]


@pytest.mark.parametrize(("latitude", "longitude", "easting", "northing"), KNOWN)
def test_published_points_are_converted_to_within_six_metres(
    latitude: float, longitude: float, easting: float, northing: float
) -> None:
    x, y = to_grid(latitude, longitude)
    assert hypot(x - easting, y - northing) < 6
    back = from_grid(easting, northing)
    assert back == pytest.approx((latitude, longitude), abs=0.0001)


def test_the_projection_gives_ordnance_surveys_worked_example() -> None:
    """The guide gives the point as 52°39'27.2531"N 1°43'4.5177"E in OSGB36.

    The test uses the same point in WGS 84.
    """
    x, y = to_grid(52 + 39 / 60 + 28.723 / 3600, 1 + 42 / 60 + 57.787 / 3600)
    assert hypot(x - 651_409.903, y - 313_177.270) < 5


@given(st.floats(49.8, 60.9), st.floats(-7.5, 1.9))
def test_degrees_are_unchanged_after_conversion_to_metres_and_back(
    latitude: float, longitude: float
) -> None:
    assert from_grid(*to_grid(latitude, longitude)) == pytest.approx(
        (latitude, longitude), abs=1e-6
    )


@given(st.integers(10_000, 650_000), st.integers(10_000, 1_200_000))
def test_metres_change_by_less_than_10_cm_after_conversion_to_degrees_and_back(
    easting: int, northing: int
) -> None:
    x, y = to_grid(*from_grid(easting, northing))
    assert hypot(x - easting, y - northing) < 0.1


def test_points_out_of_range_are_rejected() -> None:
    with pytest.raises(ProjError):
        from_grid(1e300, 1e300)


def test_proj_does_not_use_the_network() -> None:
    assert not network.is_network_enabled()
