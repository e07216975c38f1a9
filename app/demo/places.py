"""Places for fictional people: real postcodes near the centres of real wards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.areas import queries as areas
from app.core import programme
from app.core.errors import Conflict
from app.demo import queries
from app.targets import queries as targets

WARD_POSTCODES = 24  # for each ward
OUTSIDE_POSTCODES = 150  # in neighbouring districts
MAX_DISTANCE = 60_000  # metres from the centre of the programme's area


@dataclass(frozen=True)
class Ward:
    """A ward of the programme, with postcodes near its centre."""

    id: int
    code: str
    name: str
    town: str  # slug, or "" in the countryside
    easting: int
    northing: int
    postcodes: tuple[str, ...]


@dataclass(frozen=True)
class Neighbourhood:
    """An LSOA that is part of a target, with a postcode near its centre."""

    id: int
    ward_id: int | None
    postcode: str


@dataclass(frozen=True)
class DemoPlaces:
    """All places in the demonstration, in a fixed order."""

    wards: tuple[Ward, ...]
    outside: tuple[str, ...]
    deprived: tuple[Neighbourhood, ...]

    def wards_in_town(self, slug: str) -> list[Ward]:
        """Return the wards of a town. If ``slug`` is empty, return the wards in the countryside."""
        return [ward for ward in self.wards if ward.town == slug]


@dataclass(frozen=True)
class _Point:
    postcode: str
    easting: int
    northing: int

    def squared_distance(self, easting: int, northing: int) -> int:
        """Return the squared distance in square metres, for sorting by distance."""
        return (self.easting - easting) ** 2 + (self.northing - northing) ** 2


def find_places(on: date) -> DemoPlaces:
    """Return the places in the programme on a given day.

    Raises Conflict if no postcode directory is loaded.
    """
    districts = sorted(areas.own_district_codes())
    inside = _points(queries.postcodes(districts))
    if not inside:
        raise Conflict("Load a programme with its postcodes first: “programme load FILE”.")
    wards = _wards(inside)
    if not wards:
        raise Conflict("The programme has no wards, so fictional people would have no homes.")
    east = sum(ward.easting for ward in wards) // len(wards)
    north = sum(ward.northing for ward in wards) // len(wards)
    outside = queries.postcodes(list(programme.setting("districts", {})), excluded=districts)
    nearby = [
        point for point in _points(outside) if point.squared_distance(east, north) < MAX_DISTANCE**2
    ]
    step = max(1, len(nearby) // OUTSIDE_POSTCODES)
    return DemoPlaces(
        wards=wards,
        outside=tuple(
            _format_postcode(point.postcode) for point in nearby[::step][:OUTSIDE_POSTCODES]
        ),
        deprived=_deprived_neighbourhoods(inside, on),
    )


def _points(rows: Iterable[Any]) -> list[_Point]:
    return [_Point(row.postcode, row.easting or 0, row.northing or 0) for row in rows]


def _wards(inside: list[_Point]) -> tuple[Ward, ...]:
    towns = queries.towns_by_ward()
    return tuple(
        Ward(
            area.id,
            area.code,
            area.name,
            towns.get(area.id, ""),
            area.easting or 0,
            area.northing or 0,
            _nearest_postcodes(inside, area.easting or 0, area.northing or 0),
        )
        for area in queries.wards()
    )


def _nearest_postcodes(points: list[_Point], easting: int, northing: int) -> tuple[str, ...]:
    near = sorted(
        points, key=lambda point: (point.squared_distance(easting, northing), point.postcode)
    )
    return tuple(_format_postcode(point.postcode) for point in near[:WARD_POSTCODES])


def _deprived_neighbourhoods(inside: list[_Point], on: date) -> tuple[Neighbourhood, ...]:
    """Return the LSOAs of the first target that counts organisations by where they operate."""
    rules = targets.target_rules(on)
    slug = next(
        (rule["area_set"] for rule in rules if "operates" in (rule.get("bases") or ())), None
    )
    members = areas.area_set_member_ids(slug, on) if slug else []
    wards = queries.wards_by_area(members)
    return tuple(
        Neighbourhood(
            area.id,
            wards.get(area.id),
            _nearest_postcodes(inside, area.easting or 0, area.northing or 0)[0],
        )
        for area in queries.lsoas(members)
    )


def _format_postcode(postcode: str) -> str:
    return f"{postcode[:-3]} {postcode[-3:]}"
