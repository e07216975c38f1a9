"""Words of the areas room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
