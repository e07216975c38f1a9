"""Queries for areas and postcodes. They contain no data about people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    any_,
    cast,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.orm import aliased, undefer

from app.areas.models import (
    Area,
    AreaIndicator,
    AreaPart,
    AreaSet,
    AreaSetMember,
    AreaVersion,
    DirectoryEdition,
    Postcode,
)
from app.areas.types import (
    AreaKind,
    Boundary,
    DirectoryRow,
    EditionFacts,
    LabelPoint,
    MapArea,
    Place,
)
from app.core.db import Base, db
from app.core.in_force import in_force


def find_area(area_id: int) -> Area | None:
    """Return the area with this ID, or None."""
    return db.session.get(Area, area_id)


def area_by_code(code: str) -> Area | None:
    """Return the area with this code: a GSS code, or the slug of a town, village or locality."""
    return db.session.scalar(select(Area).where(Area.code == code))


def area_names_for_passwords() -> list[str]:
    """Return the names of areas that must not be used as passwords. LSOAs are left out."""
    return list(db.session.scalars(select(Area.name).where(Area.kind != AreaKind.LSOA)))


def programme_places(kind: AreaKind) -> list[Place]:
    """Return the programme's areas of one kind, sorted by name."""
    return [_place(area) for area in db.session.scalars(_select_programme_areas(kind))]


def ward_choices() -> list[tuple[str, str]]:
    """Return the (code, name) of each ward in the programme, sorted by name."""
    return [(place.code, place.name) for place in programme_places(AreaKind.WARD)]


def areas_by_id(ids: Collection[int]) -> dict[int, Place]:
    """Return the areas with these IDs as a dict keyed by ID."""
    rows = db.session.scalars(select(Area).where(Area.id.in_(ids)).order_by(Area.id))
    return {area.id: _place(area) for area in rows}


def child_area_ids(area_id: int) -> list[int]:
    """Return the IDs of an area's child areas: the wards of a town, or the LSOAs of a ward."""
    parts = select(AreaPart.part_id).where(AreaPart.whole_id == area_id, is_current_part())
    return list(db.session.scalars(parts.order_by(AreaPart.part_id)))


def parent_area_ids(area_id: int) -> list[int]:
    """Return the IDs of an area's parent areas."""
    containers = select(AreaPart.whole_id).where(AreaPart.part_id == area_id, is_current_part())
    return list(db.session.scalars(containers.order_by(AreaPart.whole_id)))


def is_current_part() -> ColumnElement[bool]:
    """Return the SQL condition for AreaPart rows that apply today."""
    return AreaPart.until_on.is_(None)


def area_set_member_ids(slug: str, on: date) -> list[int]:
    """Return the IDs of the areas in an area set on a given day.

    The list is empty if there was no such set.
    """
    members = (
        select(AreaSetMember.area_id)
        .join(AreaSet, AreaSet.id == AreaSetMember.area_set_id)
        .where(AreaSet.slug == slug, in_force(AreaSet, on))
        .order_by(AreaSetMember.area_id)
    )
    return list(db.session.scalars(members))


def parent_child_pairs(on: date) -> list[tuple[int, int]]:
    """Return the (parent, child) IDs of all directly nested areas on a given day."""
    rows = db.session.execute(
        select(AreaPart.whole_id, AreaPart.part_id).where(in_force(AreaPart, on))
    )
    return [(whole, part) for whole, part in rows]


def all_area_set_members(on: date) -> list[tuple[str, int]]:
    """Return the (slug, area ID) of every member of every area set on a given day."""
    members = (
        select(AreaSet.slug, AreaSetMember.area_id)
        .join(AreaSetMember, AreaSetMember.area_set_id == AreaSet.id)
        .where(in_force(AreaSet, on))
    )
    return [(slug, area_id) for slug, area_id in db.session.execute(members)]


def programme_areas(on: date) -> list[tuple[int, AreaKind, str, str]]:
    """Return the (ID, kind, code, name) of each area in the programme on a given day."""
    rows = db.session.execute(
        select(Area.id, Area.kind, Area.code, AreaVersion.name)
        .join(AreaVersion, AreaVersion.area_id == Area.id)
        .where(AreaVersion.in_programme, in_force(AreaVersion, on))
    )
    return [(area_id, kind, code, name) for area_id, kind, code, name in rows]


# Tables whose rows about an area come from the programme file and are kept for past days.
_PROGRAMME_TABLES = {"bands", "community_awards"}


def find_table_using_area(area_id: int) -> str | None:
    """Return the name of a table with rows about an area, or None if the area is not in use."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name != "areas" or key.ondelete or table.name in _PROGRAMME_TABLES:
                continue
            if db.session.scalar(select(exists().where(key.parent == area_id))):
                return table.name
    return None


def descendants_by_area(area_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the IDs of each area's child areas, and of the areas inside those, by area ID."""
    below = aliased(AreaPart)
    rows = db.session.execute(
        select(AreaPart.whole_id, AreaPart.part_id, below.part_id)
        .outerjoin(below, and_(below.whole_id == AreaPart.part_id, below.until_on.is_(None)))
        .where(AreaPart.whole_id.in_(area_ids), is_current_part())
    )
    parts: dict[int, set[int]] = defaultdict(set)
    for whole, part, grandchild in rows:
        parts[whole] |= {part} if grandchild is None else {part, grandchild}
    return parts


def parents_by_area(area_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the IDs of each area's parent areas, by area ID."""
    containers: dict[int, set[int]] = defaultdict(set)
    for part, whole in db.session.execute(
        select(AreaPart.part_id, AreaPart.whole_id).where(
            AreaPart.part_id.in_(area_ids), is_current_part()
        )
    ):
        containers[part].add(whole)
    return containers


def area_centres(area_ids: Collection[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Return each area's centre in metres, by area ID.

    An area without a centre, such as a district, has the centres of its child areas.
    """
    own = select(Area.id, Area.easting, Area.northing).where(Area.id.in_(area_ids))
    of_parts = (
        select(AreaPart.whole_id, Area.easting, Area.northing)
        .join(Area, Area.id == AreaPart.part_id)
        .where(AreaPart.whole_id.in_(area_ids), is_current_part())
        .order_by(AreaPart.whole_id, Area.id)
    )
    centres: dict[int, tuple[tuple[int, int], ...]] = defaultdict(tuple)
    for area_id, easting, northing in db.session.execute(own):
        if easting is not None and northing is not None:
            centres[area_id] = ((easting, northing),)
    with_own = frozenset(centres)
    for area_id, easting, northing in db.session.execute(of_parts):
        if area_id not in with_own and easting is not None and northing is not None:
            centres[area_id] += ((easting, northing),)
    return centres


def indicator_values(name: str, edition: str) -> dict[int, Decimal]:
    """Return an indicator's values by area ID, for example ("imd_decile", "2025")."""
    rows = db.session.execute(
        select(AreaIndicator.area_id, AreaIndicator.value)
        .where(AreaIndicator.name == name, AreaIndicator.edition == edition)
        .order_by(AreaIndicator.area_id)
    )
    return {area_id: value for area_id, value in rows}


def areas_for_map(kind: AreaKind) -> list[MapArea]:
    """Return the programme's areas of one kind for a map, sorted by name."""
    rows = db.session.scalars(_select_programme_areas(kind).options(undefer(Area.boundary)))
    return [
        MapArea(
            place=_place(area),
            latitude=None if area.latitude is None else float(area.latitude),
            longitude=None if area.longitude is None else float(area.longitude),
            easting=area.easting,
            northing=area.northing,
            population=area.population,
            boundary=_boundary(area),
        )
        for area in rows
    ]


def has_boundaries(kind: AreaKind) -> bool:
    """Return whether all of the programme's areas of one kind have boundaries."""
    without = exists().where(
        Area.kind == kind,
        Area.in_programme,
        func.jsonb_typeof(Area.boundary).is_distinct_from("object"),
    )
    some = exists().where(Area.kind == kind, Area.in_programme)
    return bool(db.session.scalar(select(some & ~without)))


def nearest_places(kind: AreaKind, easting: int, northing: int, limit: int) -> list[Place]:
    """Return the programme's areas whose centres are nearest to a point, nearest first."""
    east = cast(Area.easting, BigInteger) - easting
    north = cast(Area.northing, BigInteger) - northing
    rows = (
        _select_programme_areas(kind)
        .where(Area.easting.is_not(None), Area.northing.is_not(None))
        .order_by(None)
        .order_by(east * east + north * north, Area.id)
        .limit(limit)
    )
    return [_place(area) for area in db.session.scalars(rows)]


def postcode_rows(postcodes: Sequence[str]) -> dict[str, DirectoryRow]:
    """Return the rows of the directory for these postcodes, by postcode (without a space)."""
    if not postcodes:
        return {}
    rows = db.session.execute(
        select(
            Postcode.postcode,
            Postcode.district,
            Postcode.ward,
            Postcode.lsoa,
            Postcode.easting,
            Postcode.northing,
            Postcode.terminated_on,
            Postcode.edition_id,
            DirectoryEdition.has_wards,
        )
        .join(DirectoryEdition, DirectoryEdition.id == Postcode.edition_id)
        .where(Postcode.postcode == any_(literal(list(postcodes), ARRAY(String))))
    )
    return {row.postcode: DirectoryRow(*row) for row in rows}


def programme_area_ids(codes: Collection[str]) -> dict[str, int]:
    """Return the IDs of the programme's areas with these codes, by code."""
    rows = db.session.execute(
        select(Area.code, Area.id).where(Area.code.in_(codes), Area.in_programme)
    )
    return {code: area_id for code, area_id in rows}


def own_district_codes() -> frozenset[str]:
    """Return the codes of the districts in the programme."""
    rows = select(Area.code).where(Area.kind == AreaKind.DISTRICT, Area.in_programme)
    return frozenset(db.session.scalars(rows))


def imported_directories() -> list[EditionFacts]:
    """Return the postcode directories that were imported, newest first."""
    newest_first = (DirectoryEdition.imported_at.desc(), DirectoryEdition.id.desc())
    rows = db.session.scalars(select(DirectoryEdition).order_by(*newest_first))
    return [EditionFacts(row.source, row.vintage, row.rows, row.has_wards) for row in rows]


def edition_by_digest(digest: str) -> DirectoryEdition | None:
    """Return the directory imported from the file with this SHA-256 digest, or None."""
    return db.session.scalar(select(DirectoryEdition).where(DirectoryEdition.digest == digest))


def is_intact(edition: DirectoryEdition) -> bool:
    """Return whether no rows of the edition were replaced by other editions."""
    rows = select(func.count()).where(Postcode.edition_id == edition.id)
    return db.session.scalar(rows) == edition.rows


def count_unknown_areas(edition_id: int, kind: AreaKind) -> dict[str, int]:
    """Count the postcodes in wards or LSOAs that are not in the programme, by area code.

    Only postcodes in the programme's own districts are counted.
    """
    column = Postcode.ward if kind is AreaKind.WARD else Postcode.lsoa
    known = select(Area.code).where(Area.kind == kind)
    counts = (
        select(column, func.count())
        .where(
            Postcode.edition_id == edition_id,
            Postcode.district.in_(own_district_codes()),
            column.is_not(None),
            column.not_in(known),
        )
        .group_by(column)
        .order_by(column)
    )
    return {str(code): count for code, count in db.session.execute(counts)}


def area_ids(codes: Collection[str]) -> dict[str, int]:
    """Return the IDs of the areas with these codes, by code."""
    rows = db.session.execute(select(Area.code, Area.id).where(Area.code.in_(codes)))
    return {code: area_id for code, area_id in rows}


def _select_programme_areas(kind: AreaKind) -> Select[Area]:
    """Select the programme's areas of one kind, without areas that have been replaced."""
    return (
        select(Area)
        .where(Area.kind == kind, Area.in_programme, Area.valid_until.is_(None))
        .order_by(Area.name, Area.id)
    )


def _boundary(area: Area) -> Boundary | None:
    latitude, longitude, room = area.label_latitude, area.label_longitude, area.label_room
    if area.boundary is None or latitude is None or longitude is None or room is None:
        return None
    label = LabelPoint(float(latitude), float(longitude), room)
    return Boundary(area.code, area.boundary, label)


def _place(area: Area) -> Place:
    return Place(area.id, area.kind, area.code, area.name)
