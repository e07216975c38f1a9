"""Reading boundaries from GeoJSON files."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from shapely import Point
from shapely.geometry import shape

from app.areas import boundary_files
from app.areas.boundary_files import read_boundaries
from app.areas.grid import to_grid
from app.areas.types import Boundary
from app.core.errors import InvalidInput

RING = [[0.9, 52.5], [1.0, 52.5], [1.0, 52.6], [0.9, 52.5]]
HOLE = [[0.95, 52.51], [0.96, 52.51], [0.96, 52.52], [0.95, 52.51]]


ISLAND = [[1.1, 52.51], [1.2, 52.51], [1.2, 52.52], [1.1, 52.51]]
BOW_TIE = [[0.9, 52.5], [1.0, 52.6], [1.0, 52.5], [0.9, 52.6], [0.9, 52.5]]


def feature(geometry: Any = None, **properties: Any) -> dict[str, Any]:
    geometry = geometry or {"type": "Polygon", "coordinates": [RING]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection"} | members | {"features": list(features)}


def read(content: Any) -> list[Boundary]:
    text = content if isinstance(content, str) else json.dumps(content)
    return list(read_boundaries("a.geojson", io.StringIO(text)))


def is_same_shape(boundary: Boundary, geometry: dict[str, Any]) -> bool:
    """Return whether both have the same type and rings, wherever each ring starts."""
    one, other = shape(boundary.geometry).normalize(), shape(geometry).normalize()
    return one == other and one.is_valid


@pytest.mark.parametrize(
    "properties",
    [
        {"code": "E05010237", "lad_code": "E07000143"},
        {"FID": 1, "WD25CD": "E05010237", "LAD25CD": "E07000143", "LADCD_ACTIVE": "E07000143"},
        {"WD24CD": "E05000000", "wd26cd": "E05010237", "WD25CD": "E05000001"},
        {"WD24CD": "E05000000", "WD25CD": "E05010237"},
    ],
)
def test_the_code_is_found_by_the_name_of_its_property(properties: dict[str, Any]) -> None:
    assert [each.code for each in read(collection(feature(**properties)))] == ["E05010237"]


def test_an_lsoas_own_code_takes_precedence_over_its_ward_and_district() -> None:
    official = {"LSOA21CD": "E01026419", "WD25CD": "E05010237", "LAD25CD": "E07000143"}
    ours = {"code": "E01026419", "ward_bestfit_code": "E05010237"}
    found = read(collection(feature(**official), feature(**ours), feature(LAD25CD="E07000143")))
    assert [each.code for each in found] == ["E01026419", "E01026419", "E07000143"]


def test_coordinates_are_rounded_to_a_metre_and_heights_are_dropped() -> None:
    ring = [[0.9, 52.5, 3.0], [0.900000001, 52.5], [1.00000499, 52.5], [1.0, 52.6], [0.9, 52.5]]
    shapes = {"type": "Polygon", "coordinates": [ring, HOLE]}
    found = read(collection(feature(shapes, code="E1")))[0]
    assert is_same_shape(found, {"type": "Polygon", "coordinates": [RING, HOLE]})


def test_islands_are_kept_and_tiny_holes_are_dropped() -> None:
    speck = [[0.95, 52.51], [0.950000001, 52.51], [0.95, 52.510000001], [0.95, 52.51]]
    shapes = {"type": "MultiPolygon", "coordinates": [[RING, speck], [ISLAND]]}
    found = read(collection(feature(shapes, code="E1")))[0]
    assert is_same_shape(found, {"type": "MultiPolygon", "coordinates": [[RING], [ISLAND]]})


def test_metres_on_the_national_grid_are_converted_to_degrees() -> None:
    ring = [to_grid(latitude, longitude) for longitude, latitude in RING]
    found = read(collection(feature({"type": "Polygon", "coordinates": [ring]}, code="E1")))[0]
    assert is_same_shape(found, {"type": "Polygon", "coordinates": [RING]})


def test_an_outline_that_crosses_itself_is_made_valid() -> None:
    outline = {"type": "Polygon", "coordinates": [BOW_TIE]}
    stored = shape(read(collection(feature(outline, code="E1")))[0].geometry)
    assert stored.is_valid
    assert stored.area == pytest.approx(0.005)


def test_the_label_point_is_inside_the_boundary() -> None:
    found = read(collection(feature(code="E1")))[0]
    assert shape(found.geometry).contains(Point(found.label.longitude, found.label.latitude))


def test_members_can_be_in_any_order_and_layout() -> None:
    plain = collection(feature(code="E1"), feature(code="E2"), name="wards")
    for text in (
        json.dumps(plain, indent=1),
        json.dumps(plain, sort_keys=True),
        json.dumps({"features": plain["features"], "type": plain["type"], "bbox": [1, 2]}),
    ):
        assert [each.code for each in read(text)] == ["E1", "E2"]


def test_the_chunk_size_does_not_affect_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    content = collection(*[feature(code=f"E{number}") for number in range(20)], name="wards")
    whole = read(content)
    monkeypatch.setattr(boundary_files, "_CHUNK", 7)
    assert read(content) == whole
    assert len(whole) == 20


@pytest.mark.parametrize(
    "content",
    ["{}", "[1, 2]", '{"features": 3}', '{"type": "FeatureCollection"}', '{"features": []}',
     '{"type": "Topology", "features": []}', "{not json"],
)  # fmt: skip
def test_json_that_is_not_a_feature_collection_is_rejected(content: str) -> None:
    with pytest.raises(InvalidInput, match="must be a GeoJSON object of the type FeatureColl"):
        read(content)


@pytest.mark.parametrize("end", [-1, -2, -20, -150])
def test_a_truncated_file_is_rejected(end: int) -> None:
    text = json.dumps(collection(feature(code="E1"), feature(code="E2")))
    with pytest.raises(InvalidInput, match="is cut off, or is not valid JSON"):
        read(text[:end])


def test_the_error_for_a_feature_without_a_code_lists_its_properties() -> None:
    with pytest.raises(InvalidInput) as error:
        read(collection(feature(code="E1"), feature(name="Watton", WD25CD=None)))
    assert error.value.message == (
        "a.geojson, feature 2: no property contains the code of a ward or LSOA, for example code,"
        " WD25CD or LSOA21CD. The feature has WD25CD, name."
    )


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (
            {"type": "Point", "coordinates": [0.9, 52.5]},
            "its geometry must be a Polygon",
        ),
        ({"type": "MultiPolygon", "coordinates": []}, "its geometry is empty"),
        ({"coordinates": []}, "it has no geometry"),
        ({"type": "Polygon"}, "its coordinates cannot be read"),
        ({"type": "Polygon", "coordinates": [[[0.9], [1.0]]]}, "its coordinates cannot be read"),
        ({"type": "Polygon", "coordinates": [RING[:-1]]}, "one of its rings is not closed"),
        ({"type": "Polygon", "coordinates": [[]]}, "its outline has fewer than four points"),
        (
            {"type": "Polygon", "coordinates": [[[y, x] for x, y in RING]]},
            "the point 52.50000, 0.90000 is outside Great Britain. GeoJSON gives longitude first,"
            " then latitude",
        ),
        ({"type": "Polygon", "coordinates": [[[float("nan"), 52.5]] * 4]}, "the point nan, 52.5"),
        ({"type": "Polygon", "coordinates": [[[1e300, 1e300]] * 4]}, "its coordinates cannot be "),
    ],
)
def test_the_error_for_an_unusable_geometry_gives_the_reason(
    geometry: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        read(collection(feature(geometry, code="E1")))
    assert error.value.message.startswith(f"a.geojson, feature 1 (E1): {reason}")
