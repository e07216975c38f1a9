"""Types for the areas room."""

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

    `postcode` is in standard form, or None if the text is not a postcode. `found` says whether it
    is in the directory, and `terminated` whether it is no longer in use. `district`, `ward` and
    `lsoa` are GSS codes or None. `exact` says whether ward and LSOA come from a postcode directory
    rather than the nearest centre. `easting` and `northing` are in metres on the National Grid, for
    calculating distances. They are never shown.
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

    `ward_id` and `lsoa_id` are areas of the programme, or None if they are unknown. `settled` is
    "directory" (an imported directory gives the ward), "outside" (the district is not one of the
    programme's) or "unsettled" (the person must choose a ward, or a directory must be imported).
    `edition_id` is the directory that the location comes from.
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
    """The point at which an area's label is written (degrees, WGS 84).

    `room` is the distance in metres from there to the area's nearest edge.
    """

    latitude: float
    longitude: float
    room: float


@dataclass(frozen=True)
class Boundary:
    """An area's outline, and the point at which its label is written.

    `geometry` is a valid GeoJSON Polygon or MultiPolygon in degrees (WGS 84), accurate to about a
    metre.
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

    `rows` is the number in the file, and `changed` the number of rows or areas written. `notes` are
    sentences for the operator about data that the programme cannot use.
    """

    file: str
    kind: Literal["postcodes", "boundaries"]
    rows: int
    changed: int
    notes: tuple[str, ...] = ()
