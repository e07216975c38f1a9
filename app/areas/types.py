"""Words of the areas room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal, NamedTuple


class AreaKind(StrEnum):
    """What sort of place an area is."""

    DISTRICT = "district"
    WARD = "ward"
    LSOA = "lsoa"
    TOWN = "town"
    VILLAGE = "village"
    LOCALITY = "locality"
    PARISH = "parish"


@dataclass(frozen=True)
class PostcodeFacts:
    """What is known of something typed as a postcode (the JSON of `geography lookup`).

    postcode: in standard form, None when it is none (wrong form, or no such postcode area).
    found: it stands in the directory. terminated: no longer in use. district, ward, lsoa: GSS
    codes or None. exact: ward and LSOA come from a postcode directory, not from nearness.
    easting, northing: metres on the National Grid, for distances; never shown.
    """

    asked: str
    postcode: str | None
    found: bool
    terminated: bool
    district: str | None
    ward: str | None
    lsoa: str | None
    exact: bool
    easting: int | None = None
    northing: int | None = None


@dataclass(frozen=True)
class Place:
    """An area as other rooms show it."""

    id: int
    kind: AreaKind
    code: str
    name: str


@dataclass(frozen=True)
class Location:
    """Where a postcode lies, as far as the programme's areas go.

    ward_id, lsoa_id: areas of the programme, None where not known. settled: "directory" (the ward
    stands in an imported directory), "outside" (in a district that is not the programme's) or
    "unsettled" (ask for the ward, or wait for a directory). edition_id: the directory that said so.
    """

    district: str | None
    ward_id: int | None
    lsoa_id: int | None
    settled: Literal["directory", "outside", "unsettled"]
    edition_id: int | None
    easting: int | None = None
    northing: int | None = None


UNKNOWN = Location(None, None, None, "unsettled", None)


class DirectoryRow(NamedTuple):
    """A postcode (no space) as the directory has it, and whether that directory knows wards."""

    postcode: str
    district: str | None
    ward: str | None
    lsoa: str | None
    easting: int | None
    northing: int | None
    terminated_on: date | None
    edition_id: int
    has_wards: bool


class PostcodeRow(NamedTuple):
    """A row of the table of postcodes, without its edition. Metres, GSS codes."""

    postcode: str
    district: str | None
    ward: str | None
    lsoa: str | None
    easting: int | None
    northing: int | None
    terminated_on: date | None


class LabelPoint(NamedTuple):
    """The point of an area at which its label is written (degrees, WGS 84).

    room: metres from there to the nearest edge of the area.
    """

    latitude: float
    longitude: float
    room: float


@dataclass(frozen=True)
class Boundary:
    """An area's outline, and the point at which its label is written.

    geometry: a valid GeoJSON Polygon or MultiPolygon in degrees (WGS 84), about a metre exact.
    """

    code: str
    geometry: dict[str, Any]
    label: LabelPoint


@dataclass(frozen=True)
class MapArea:
    """An area to draw: its centre (degrees and metres), and its boundary once one is imported."""

    place: Place
    latitude: float | None
    longitude: float | None
    easting: int | None
    northing: int | None
    population: int | None
    boundary: Boundary | None


@dataclass(frozen=True)
class EditionFacts:
    """A postcode directory that was read in, for pages that name their sources."""

    source: str
    vintage: str
    rows: int
    has_wards: bool


@dataclass(frozen=True)
class Imported:
    """What became of one file. rows: in the file; changed: rows or areas written.

    notes: sentences for the operator about what the programme could not use.
    """

    file: str
    kind: Literal["postcodes", "boundaries"]
    rows: int
    changed: int
    notes: tuple[str, ...] = ()
