"""Load the areas in the programme file, with their parts, indicators and sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.areas import queries
from app.areas.models import Area, AreaIndicator, AreaPart, AreaSet, AreaVersion
from app.areas.programme_part import (
    AreaSetPart,
    District,
    Geography,
    Locality,
    Lsoa,
    Town,
    Village,
    Ward,
)
from app.areas.types import AreaKind
from app.core.db import db
from app.core.errors import Conflict
from app.core.reconciliation import Reconciliation, group_rows

OWN_VINTAGE = "programme"  # the vintage of areas that the programme itself defines, such as towns
Values = dict[str, Any]


@dataclass(frozen=True)
class ProgrammeAreas:
    """The areas in the programme file. `district_codes` are the districts of the programme."""

    district_codes: Sequence[str]
    districts: Sequence[District]
    geography: Geography
    towns: Sequence[Town]
    villages: Sequence[Village]
    localities: Sequence[Locality]
    area_sets: Sequence[AreaSetPart]


def load_areas(reconciliation: Reconciliation, file_areas: ProgrammeAreas) -> dict[str, Area]:
    """Update all areas to match the programme file. Return them by code.

    Areas that are no longer in the file are kept, because figures for past days need them.
    """
    existing = {
        area.code: area
        for area in db.session.scalars(select(Area).where(Area.kind != AreaKind.PARISH))
    }
    wanted = {values["code"]: values for values in _areas_in_file(file_areas)}
    reconciliation.reconcile(
        Area,
        existing,
        wanted
        | {code: _retired_values(area) for code, area in existing.items() if code not in wanted},
        part="geography",
    )
    areas = {
        area.code: area for area in db.session.scalars(select(Area).where(Area.code.in_(wanted)))
    }
    _load_versions(reconciliation, [*existing.values(), *areas.values()])
    _load_parts(reconciliation, file_areas, areas)
    _load_indicators(reconciliation, file_areas, areas)
    _load_sets(reconciliation, file_areas, areas)
    return areas


def _retired_values(area: Area) -> Values:
    """Return the new values of an area that is no longer in the file.

    Raises Conflict if the area is in use.
    """
    if area.in_programme:
        used_by = queries.find_table_using_area(area.id)
        if used_by is not None:
            raise Conflict(
                _(
                    "geography: “%(code)s” cannot be removed, because %(users)s still use it.",
                    code=area.code,
                    users=used_by.replace("_", " "),
                )
            )
    return {"in_programme": False}


def _load_versions(reconciliation: Reconciliation, areas: Sequence[Area]) -> None:
    """Store the names of the areas, and whether they belong to the programme."""
    reconciliation.reconcile_dated(
        AreaVersion,
        group_rows(db.session.scalars(select(AreaVersion)), "area_id"),
        {
            area.id: [
                {
                    "area_id": area.id,
                    "name": area.name,
                    "in_programme": area.in_programme,
                    "from_on": reconciliation.effect.first_day,
                    "until_on": None,
                }
            ]
            for area in areas
        },
        is_rule=False,
    )


def _areas_in_file(file_areas: ProgrammeAreas) -> Iterator[Values]:
    geography = file_areas.geography
    residents = {ward.code: ward.population for ward in geography.wards}
    for district in file_areas.districts:
        is_only_district = [district.code] == list(file_areas.district_codes)
        yield _area_values(
            AreaKind.DISTRICT,
            district.code,
            district.name,
            geography.district_vintage,
            population=sum(residents.values()) if is_only_district else None,
            in_programme=district.code in file_areas.district_codes,
        )
    for ward in geography.wards:
        yield _statistical_area(AreaKind.WARD, ward, geography.ward_vintage, geography.ward_from_on)
    for lsoa in geography.lsoas:
        yield _statistical_area(AreaKind.LSOA, lsoa, geography.lsoa_vintage)
    for town in file_areas.towns:
        inside = [ward for ward in geography.wards if ward.code in town.wards]
        yield _area_values(
            AreaKind.TOWN, town.slug, town.name, OWN_VINTAGE, **_combined_figures(inside)
        )
    for village in file_areas.villages:
        population = village.population
        yield _area_values(
            AreaKind.VILLAGE, village.slug, village.name, OWN_VINTAGE, population=population
        )
    for locality in file_areas.localities:
        inside = [ward for ward in geography.wards if ward.code in locality.wards]
        yield _area_values(
            AreaKind.LOCALITY,
            locality.slug,
            locality.name,
            OWN_VINTAGE,
            **_combined_figures(inside),
        )


def _area_values(kind: AreaKind, code: str, name: str, vintage: str, **more: Any) -> Values:
    unknown = dict.fromkeys(
        (
            "latitude",
            "longitude",
            "easting",
            "northing",
            "population",
            "share_65_plus",
            "valid_from",
        )
    )
    values = {"kind": kind, "code": code, "name": name, "vintage": vintage, "in_programme": True}
    return unknown | values | more


def _statistical_area(
    kind: AreaKind, area: Ward | Lsoa, vintage: str, valid_from: date | None = None
) -> Values:
    return _area_values(
        kind,
        area.code,
        area.name,
        vintage,
        latitude=_round_figure(area.lat, 5),
        longitude=_round_figure(area.lon, 5),
        easting=area.easting,
        northing=area.northing,
        population=area.population,
        share_65_plus=_round_figure(area.share_65_plus, 1),
        valid_from=valid_from,
    )


def _combined_figures(wards: Sequence[Ward]) -> Values:
    """Return the combined figures of several wards. The centre is weighted by population."""
    residents = sum(ward.population for ward in wards)
    if not residents:
        return {"population": residents}

    def mean(figures: Iterator[float]) -> float:
        return sum(f * ward.population for f, ward in zip(figures, wards, strict=True)) / residents

    return {
        "latitude": _round_figure(mean(ward.lat for ward in wards), 5),
        "longitude": _round_figure(mean(ward.lon for ward in wards), 5),
        "easting": round(mean(float(ward.easting) for ward in wards)),
        "northing": round(mean(float(ward.northing) for ward in wards)),
        "population": residents,
        "share_65_plus": _round_figure(mean(ward.share_65_plus for ward in wards), 1),
    }


def _round_figure(figure: float, digits: int) -> Decimal:
    return Decimal(f"{figure:.{digits}f}")


def _load_parts(
    reconciliation: Reconciliation, file_areas: ProgrammeAreas, areas: dict[str, Area]
) -> None:
    pairs: list[tuple[str, str]] = []
    if len(file_areas.district_codes) == 1:  # otherwise a ward's district is unknown
        pairs += [(file_areas.district_codes[0], ward.code) for ward in file_areas.geography.wards]
    pairs += [(lsoa.ward, lsoa.code) for lsoa in file_areas.geography.lsoas]
    pairs += [(town.slug, code) for town in file_areas.towns for code in town.wards]
    pairs += [(each.slug, code) for each in file_areas.localities for code in each.wards]
    wanted = [(areas[whole].id, areas[part].id) for whole, part in pairs]
    reconciliation.reconcile_dated(
        AreaPart,
        group_rows(db.session.scalars(select(AreaPart)), "whole_id", "part_id"),
        {
            key: [
                {
                    "whole_id": key[0],
                    "part_id": key[1],
                    "from_on": reconciliation.effect.first_day,
                    "until_on": None,
                }
            ]
            for key in wanted
        },
        is_rule=False,
    )


def _load_indicators(
    reconciliation: Reconciliation, file_areas: ProgrammeAreas, areas: dict[str, Area]
) -> None:
    edition = file_areas.geography.imd_edition
    wanted: dict[tuple[int, str], Values] = {}
    for lsoa in file_areas.geography.lsoas:
        figures = {"imd_rank": lsoa.imd_rank, "imd_decile": lsoa.imd_decile}
        for name, value in figures.items():
            area_id = areas[lsoa.code].id
            wanted[area_id, name] = {
                "area_id": area_id,
                "name": name,
                "edition": edition,
                "value": Decimal(value),
            }
    existing = db.session.scalars(
        select(AreaIndicator).where(
            AreaIndicator.edition == edition, AreaIndicator.name.in_(["imd_rank", "imd_decile"])
        )
    )
    reconciliation.reconcile(
        AreaIndicator,
        {(row.area_id, row.name): row for row in existing},
        wanted,
        part="geography.lsoas",
    )


def _load_sets(
    reconciliation: Reconciliation, file_areas: ProgrammeAreas, areas: dict[str, Area]
) -> None:
    reconciliation.reconcile_dated(
        AreaSet,
        group_rows(
            db.session.scalars(select(AreaSet).options(selectinload(AreaSet.members))), "slug"
        ),
        {
            each.slug: [
                {
                    "slug": each.slug,
                    "name": each.name,
                    "rule": each.model_dump(
                        mode="json", exclude={"slug", "name"}, exclude_defaults=True
                    ),
                    "edition": each.edition,
                    "members": [areas[code] for code in sorted(codes_in_set(each, file_areas))],
                    "from_on": reconciliation.effect.first_day,
                    "until_on": None,
                }
            ]
            for each in file_areas.area_sets
        },
        is_rule=True,
    )


def codes_in_set(area_set: AreaSetPart, file_areas: ProgrammeAreas) -> list[str]:
    """Return the codes of the areas in `area_set`."""
    geography = file_areas.geography
    if area_set.deciles:
        return [each.code for each in geography.lsoas if each.imd_decile in area_set.deciles]
    if area_set.codes:
        return sorted(area_set.codes)
    if area_set.of == "district":
        return sorted(file_areas.district_codes)
    candidates: Sequence[Ward | Lsoa]
    candidates = geography.wards if area_set.of == "ward" else geography.lsoas
    floor = area_set.share_65_plus_from or 0
    return [each.code for each in candidates if each.share_65_plus >= floor]
