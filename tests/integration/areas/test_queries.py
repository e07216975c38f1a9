"""Queries for areas."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from app.areas import queries
from app.areas.types import AreaKind, Boundary, LabelPoint
from app.core import clock
from tests.factories import areas as make

SQUARE = {"type": "Polygon", "coordinates": [[[0.9, 52.5], [1.0, 52.5], [1.0, 52.6], [0.9, 52.5]]]}


def test_ward_choices_are_ordered_by_name(session: Session) -> None:
    choices = queries.ward_choices()
    assert len(choices) == 27
    assert choices[0] == ("E05010237", "All Saints & Wayland")
    assert [name for _, name in choices] == sorted(name for _, name in choices)
    assert [
        (place.code, place.name) for place in queries.programme_places(AreaKind.WARD)
    ] == choices


def test_areas_outside_the_programme_are_left_out(session: Session) -> None:
    make.area(in_programme=False)
    assert len(queries.ward_choices()) == 27
    assert [place.code for place in queries.programme_places(AreaKind.DISTRICT)] == ["E07000143"]
    assert queries.own_district_codes() == {"E07000143"}


def test_the_parts_and_containers_of_an_area_are_found(session: Session) -> None:
    thetford = queries.area_by_code("thetford")
    priory = queries.area_by_code("E05010261")
    assert thetford and priory
    wards = queries.areas_by_id(queries.child_area_ids(thetford.id))
    assert {ward.name for ward in wards.values()} == {
        f"Thetford {name}" for name in ("Boudica", "Burrell", "Castle", "Priory")
    }
    inside = queries.areas_by_id(queries.child_area_ids(priory.id)).values()
    assert {place.kind for place in inside} == {AreaKind.LSOA}
    wholes = queries.areas_by_id(queries.parent_area_ids(priory.id)).values()
    assert {place.code for place in wholes} == {"thetford", "thetford-hub", "E07000143"}
    assert queries.area_by_code("nowhere") is None


def test_area_sets_and_indicators_are_found(session: Session) -> None:
    deprived = queries.area_set_member_ids("most-deprived-imd2025", clock.today())
    deciles = queries.indicator_values("imd_decile", "2025")
    assert len(deprived) == 14
    assert {int(deciles[area_id]) for area_id in deprived} == {1, 2, 3}
    assert queries.area_set_member_ids("no-such-set", clock.today()) == []


def test_areas_have_no_boundary_until_one_is_imported(session: Session) -> None:
    assert not queries.has_boundaries(AreaKind.WARD)
    assert all(area.boundary is None for area in queries.areas_for_map(AreaKind.WARD))
    assert not queries.has_boundaries(AreaKind.PARISH)  # there are no parishes yet
    parish = make.area(AreaKind.PARISH, "E04006084")
    assert not queries.has_boundaries(AreaKind.PARISH)
    parish.boundary = SQUARE
    parish.label_latitude, parish.label_longitude = Decimal("52.53"), Decimal("0.97")
    parish.label_room = 1900
    session.flush()
    assert queries.has_boundaries(AreaKind.PARISH)
    label = LabelPoint(52.53, 0.97, 1900)
    assert [area.boundary for area in queries.areas_for_map(AreaKind.PARISH)] == [
        Boundary("E04006084", SQUARE, label)
    ]
