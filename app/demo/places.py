"""Where made-up people live: real postcodes of the directory, near the middle of real wards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.areas import queries as areas
from app.core import programme
from app.core.errors import Conflict
from app.demo import queries

NEAR_THE_MIDDLE = 24  # postcodes a ward
OUTSIDE = 150  # postcodes in districts around
FARTHEST = 60_000  # metres from the middle of the programme's area


@dataclass(frozen=True)
class Ward:
    """A ward of the programme, with postcodes so near to its centre that they lie in it."""

    id: int
    code: str
    name: str
    town: str  # slug, or "" in the countryside
    easting: int
    northing: int
    postcodes: tuple[str, ...]


@dataclass(frozen=True)
class Neighbourhood:
    """An LSOA that a target names, with a postcode near its centre."""

    id: int
    ward_id: int | None
    postcode: str


@dataclass(frozen=True)
class World:
    """All places the demonstration uses, in a fixed order."""

    wards: tuple[Ward, ...]
    outside: tuple[str, ...]
    deprived: tuple[Neighbourhood, ...]

    def in_town(self, slug: str) -> list[Ward]:
        """The wards of a town; of the countryside for ""."""
        return [ward for ward in self.wards if ward.town == slug]


@dataclass(frozen=True)
class _Point:
    postcode: str
    easting: int
    northing: int

    def away(self, easting: int, northing: int) -> int:
        """Square metres: only to compare."""
        return (self.easting - easting) ** 2 + (self.northing - northing) ** 2


def find_places() -> World:
    """The places of the programme. Raises Conflict when there is no postcode directory yet."""
    ours = sorted(areas.own_districts())
    inside = _points(queries.postcodes(ours))
    if not inside:
        raise Conflict("Load a programme with its postcodes first: “programme load FILE”.")
    wards = _wards(inside)
    if not wards:
        raise Conflict("The programme names no wards, so made-up people would live nowhere.")
    east = sum(ward.easting for ward in wards) // len(wards)
    north = sum(ward.northing for ward in wards) // len(wards)
    beyond = queries.postcodes(list(programme.setting("districts", {})), besides=ours)
    around = [point for point in _points(beyond) if point.away(east, north) < FARTHEST**2]
    step = max(1, len(around) // OUTSIDE)
    return World(
        wards=wards,
        outside=tuple(_spaced(point.postcode) for point in around[::step][:OUTSIDE]),
        deprived=_deprived(inside),
    )


def _points(rows: Iterable[Any]) -> list[_Point]:
    return [_Point(row.postcode, row.easting or 0, row.northing or 0) for row in rows]


def _wards(inside: list[_Point]) -> tuple[Ward, ...]:
    towns = queries.town_of_ward()
    return tuple(
        Ward(
            area.id,
            area.code,
            area.name,
            towns.get(area.id, ""),
            area.easting or 0,
            area.northing or 0,
            _nearest(inside, area.easting or 0, area.northing or 0),
        )
        for area in queries.wards()
    )


def _nearest(points: list[_Point], easting: int, northing: int) -> tuple[str, ...]:
    near = sorted(points, key=lambda point: (point.away(easting, northing), point.postcode))
    return tuple(_spaced(point.postcode) for point in near[:NEAR_THE_MIDDLE])


def _deprived(inside: list[_Point]) -> tuple[Neighbourhood, ...]:
    """The LSOAs of the area set of the first target that counts where organisations operate."""
    rules = queries.target_rules()
    slug = next(
        (rule["area_set"] for rule in rules if "operates" in (rule.get("bases") or ())), None
    )
    members = areas.set_members(slug) if slug else []
    wards = queries.ward_of(members)
    return tuple(
        Neighbourhood(
            area.id,
            wards.get(area.id),
            _nearest(inside, area.easting or 0, area.northing or 0)[0],
        )
        for area in queries.lsoas(members)
    )


def _spaced(postcode: str) -> str:
    return f"{postcode[:-3]} {postcode[-3:]}"
