"""Importing boundaries with `flask geography import`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from shapely import MultiPolygon, Point, Polygon, union_all
from shapely.geometry import shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.areas import queries
from app.areas.importing import import_files
from app.areas.models import Area
from app.areas.types import AreaKind, ImportResult
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.errors import InvalidInput
from tests.shared_data import shared_data

RING = [[0.9, 52.5], [1.0, 52.5], [1.0, 52.6], [0.9, 52.5]]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a GeoJSON file of features with the given properties."""

    def make_file(*features: dict[str, Any], name: str = "wards.geojson") -> Path:
        shape = {"type": "Polygon", "coordinates": [RING]}
        path = tmp_path / name
        collection = {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": properties, "geometry": shape}
                for properties in features
            ],
        }
        path.write_text(json.dumps(collection), encoding="utf-8")
        return path

    return make_file


def audited_imports(session: Session) -> list[dict[str, Any]]:
    entries = select(AuditEntry.changes).where(AuditEntry.verb == "geography.import")
    return list(session.scalars(entries.order_by(AuditEntry.id)))


@pytest.mark.parametrize(
    ("name", "kind", "number"),
    [("breckland_wards.geojson", AreaKind.WARD, 27), ("breckland_lsoa.geojson", AreaKind.LSOA, 80)],
)
def test_real_boundaries_are_stored_once(
    session: Session, name: str, kind: AreaKind, number: int
) -> None:
    path = shared_data(name)
    assert not queries.has_boundaries(kind)
    assert import_files(SYSTEM, [path]) == [ImportResult(name, "boundaries", number, number, ())]
    assert queries.has_boundaries(kind)
    outlines = []
    for area in queries.areas_for_map(kind):
        assert area.boundary
        outline = shape(area.boundary.geometry)
        assert isinstance(outline, Polygon | MultiPolygon) and outline.is_valid
        assert outline.contains(Point(area.boundary.label.longitude, area.boundary.label.latitude))
        outlines.append(outline)
    assert union_all(outlines).area == pytest.approx(sum(each.area for each in outlines), rel=1e-4)
    assert audited_imports(session) == [{"file": name, "boundaries": number}]

    assert import_files(SYSTEM, [path]) == [ImportResult(name, "boundaries", number, 0, ())]
    assert len(audited_imports(session)) == 1


@pytest.mark.parametrize("name", ["ons_WD25_ward", "ons_LSOA21", "ons_LSOA11"])
def test_the_layouts_of_the_ons_are_read(session: Session, name: str) -> None:
    [result] = import_files(SYSTEM, [shared_data(f"official_layouts/{name}_feature.geojson")])
    assert (result.rows, result.changed) == (1, 1)


def test_only_the_boundary_is_changed(session: Session, write: Write) -> None:
    written = {"boundary", "label_latitude", "label_longitude", "label_room"}
    others = [column for column in Area.__table__.columns if column.name not in written]
    row = select(*others).where(Area.code == "E05010261")
    before = session.execute(row).one()
    import_files(SYSTEM, [write({"WD25CD": "E05010261", "WD25NM": "Another name"})])
    assert session.execute(row).one() == before
    stored = session.scalars(select(Area).where(Area.code == "E05010261")).one()
    assert shape(stored.boundary).normalize() == Polygon(RING).normalize()
    assert shape(stored.boundary).contains(Point(stored.label_longitude, stored.label_latitude))
    assert stored.label_room and stored.label_room > 1000


def test_an_area_already_in_the_session_gets_its_boundary(session: Session, write: Write) -> None:
    area = queries.area_by_code("E05010261")
    assert area is not None and area.boundary is None
    import_files(SYSTEM, [write({"code": "E05010261"})])
    assert area.boundary is not None


def test_a_file_larger_than_one_batch(session: Session, write: Write) -> None:
    strangers = [{"code": f"E0509{number:04d}"} for number in range(450)]
    path = write(*strangers, {"code": "E05010261"}, {"code": "E05010260"})
    [result] = import_files(SYSTEM, [path])
    assert (result.rows, result.changed) == (2, 2)
    assert result.notes == (
        "450 areas are not in the programme: E05090000, E05090001, E05090002 and 447 more.",
    )


def test_a_file_without_any_of_the_programmes_areas_is_rejected(
    session: Session, write: Write
) -> None:
    with pytest.raises(InvalidInput) as error:
        import_files(SYSTEM, [write({"code": "E05090001"})])
    assert error.value.message == (
        "wards.geojson has no boundaries for the programme's areas. It has E05090001."
    )
    with pytest.raises(InvalidInput, match="has no features"):
        import_files(SYSTEM, [write()])


def test_one_invalid_feature_cancels_the_whole_import(session: Session, write: Write) -> None:
    good = write({"code": "E05010261"}, name="good.geojson")
    session.commit()
    with pytest.raises(
        InvalidInput, match=r"bad\.geojson, feature 2: no property contains the code"
    ):
        import_files(SYSTEM, [good, write({"code": "E05010260"}, {"a": 1}, name="bad.geojson")])
    session.rollback()
    stored = select(func.count()).where(func.jsonb_typeof(Area.boundary) == "object")
    assert session.scalar(stored) == 0
    assert audited_imports(session) == []


def test_reloading_the_programme_keeps_the_boundaries(app: Flask, session: Session) -> None:
    import_files(SYSTEM, [shared_data("breckland_wards.geojson")])
    programme = app.config["SETTINGS"].programme
    result = app.test_cli_runner().invoke(args=["programme", "load", str(programme)])
    assert result.stdout == "breckland.toml: nothing has changed.\n"
    assert queries.has_boundaries(AreaKind.WARD)
