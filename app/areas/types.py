"""Types of the areas room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal, NamedTuple


class AreaKind(StrEnum):
    """The kind of an area."""

    DISTRICT = "district"
    WARD = "ward"
    LSOA = "lsoa"
    TOWN = "town"
    VILLAGE = "village"
    LOCALITY = "locality"
    PARISH = "parish"


@dataclass(frozen=True)
class PostcodeFacts:
    """What we know about text that was typed as a postcode (the JSON of `geography lookup`).

    postcode: in standard form, or None if the text is not a postcode. found: it is in the
    directory. terminated: it is no longer in use. district, ward, lsoa: GSS codes or None. exact:
    ward and LSOA come from a postcode directory, not from the nearest centre. easting, northing:
    metres on the National Grid, for distances. They are never shown.
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
    """An area, as other rooms show it."""

    id: int
    kind: AreaKind
    code: str
    name: str


@dataclass(frozen=True)
class Location:
    """Where a postcode lies, in the programme's areas.

    ward_id, lsoa_id: areas of the programme, or None if not known. settled: "directory" (an
    imported directory gives the ward), "outside" (the district is not one of the programme's) or
    "unsettled" (the person must say, or a directory must be imported). edition_id: the directory
    that the location comes from.
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
    """A postcode (without a space) in a directory, and whether that directory has wards."""

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
    """A row of the table of postcodes, without its edition. Areas are GSS codes."""

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
    """An imported postcode directory, for pages that name their sources."""

    source: str
    vintage: str
    rows: int
    has_wards: bool


@dataclass(frozen=True)
class ImportResult:
    """The result of importing one file.

    rows: how many the file has. changed: how many rows or areas were written. notes: sentences for
    the operator about data that the programme cannot use.
    """

    file: str
    kind: Literal["postcodes", "boundaries"]
    rows: int
    changed: int
    notes: tuple[str, ...] = ()
