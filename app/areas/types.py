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
    """The facts about a postcode, as printed by `geography lookup`.

    `asked` is the text to look up, and `postcode` its standard form, or None if the text is not a
    postcode. `found` is whether the postcode is in the directory, and `terminated` whether it is no
    longer in use. `district`, `ward` and `lsoa` are GSS codes or None. `exact` is whether the ward
    and LSOA come from a postcode directory, and not from the nearest centre. `easting` and
    `northing` are in metres on the National Grid. They are used to calculate distances, and are
    never shown.
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
    """The facts about an area that other rooms use."""

    id: int
    kind: AreaKind
    code: str
    name: str


@dataclass(frozen=True)
class Location:
    """The location of a postcode in the programme.

    `ward_id` and `lsoa_id` are areas of the programme, or None if they are unknown. `settled` is
    "directory" (the ward comes from an imported directory), "outside" (the district is not in the
    programme) or "unsettled" (the person must choose a ward, or a directory must be imported).
    `edition_id` is the ID of the directory.
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
    """A postcode (without a space) in a directory, and whether the directory has wards."""

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
    """A row for the table of postcodes, without the edition. The areas are GSS codes."""

    postcode: str
    district: str | None
    ward: str | None
    lsoa: str | None
    easting: int | None
    northing: int | None
    terminated_on: date | None


class LabelPoint(NamedTuple):
    """The position of an area's label (degrees, WGS 84).

    `room` is the distance in metres from there to the area's nearest edge.
    """

    latitude: float
    longitude: float
    room: float


@dataclass(frozen=True)
class Boundary:
    """The outline of an area, and the position of its label.

    `geometry` is a valid GeoJSON Polygon or MultiPolygon in degrees (WGS 84), accurate to about a
    metre.
    """

    code: str
    geometry: dict[str, Any]
    label: LabelPoint


@dataclass(frozen=True)
class MapArea:
    """An area on a map: its centre (degrees and metres), and its boundary if one was imported."""

    place: Place
    latitude: float | None
    longitude: float | None
    easting: int | None
    northing: int | None
    population: int | None
    boundary: Boundary | None


@dataclass(frozen=True)
class EditionFacts:
    """An imported postcode directory, as shown on the page about data sources."""

    source: str
    vintage: str
    rows: int
    has_wards: bool


@dataclass(frozen=True)
class ImportResult:
    """The result of importing one file.

    `rows` is the number of rows in the file, and `changed` the number of rows or areas written.
    `notes` are sentences about data that the programme cannot use.
    """

    file: str
    kind: Literal["postcodes", "boundaries"]
    rows: int
    changed: int
    notes: tuple[str, ...] = ()
