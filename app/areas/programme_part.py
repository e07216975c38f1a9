"""The part of the programme file that defines areas, their parts and area sets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.core.programme_types import AreaCode, Line, Many, Part, Prose, Slug

PostcodeArea = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}$")]
Vintage = Annotated[str, StringConstraints(min_length=4, max_length=20)]
Edition = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
Latitude = Annotated[float, Field(ge=49.0, le=61.0)]  # degrees, WGS 84, the British Isles
Longitude = Annotated[float, Field(ge=-9.0, le=2.5)]
Easting = Annotated[int, Field(ge=0, le=700_000)]  # metres, National Grid
Northing = Annotated[int, Field(ge=0, le=1_300_000)]
Residents = Annotated[int, Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
Decile = Annotated[int, Field(ge=1, le=10)]  # 1 = the most deprived tenth


class District(Part):
    """A local authority district.

    `programme.district_codes` lists the districts that belong to the programme.
    """

    code: AreaCode
    name: Line


class Ward(Part):
    """A ward with its centre, population and percentage of residents aged 65 or over (best fit)."""

    code: AreaCode
    name: Line
    lat: Latitude
    lon: Longitude
    easting: Easting
    northing: Northing
    population: Residents
    share_65_plus: Percent


class Lsoa(Part):
    """A small area of about 1,500 residents. `ward` is the ward with the best fit.

    The area with an `imd_rank` of 1 is the most deprived in England. An `imd_decile` of 1 is the
    most deprived tenth.
    """

    code: AreaCode
    name: Line
    ward: AreaCode
    lat: Latitude
    lon: Longitude
    easting: Easting
    northing: Northing
    population: Residents
    share_65_plus: Percent
    imd_rank: Annotated[int, Field(ge=1)]
    imd_decile: Decile


class Town(Part):
    """A town, which is a set of wards. Its population is the sum of their populations."""

    slug: Slug
    name: Line
    wards: Annotated[Many[AreaCode], Field(min_length=1)]


class Village(Part):
    """A village, with its ward and, if known, its population."""

    slug: Slug
    name: Line
    ward: AreaCode | None = None
    population: Residents | None = None


class Locality(Part):
    """The area of a hub, which is a set of wards."""

    slug: Slug
    name: Line
    wards: Annotated[Many[AreaCode], Field(min_length=1)]


class AreaSetPart(Part):
    """A named set of areas, defined by one rule: a whole district, deciles, a share or a list.

    `edition` is the edition of the deprivation index, if the rule is `deciles`.
    `share_65_plus_from` is the minimum percentage of residents aged 65 or over in an area.
    """

    slug: Slug
    name: Line
    of: Literal["district", "ward", "lsoa"]
    edition: Edition | None = None
    deciles: Many[Decile] = ()
    share_65_plus_from: Percent | None = None
    codes: Many[AreaCode] = ()
    whole_programme: bool = False

    @model_validator(mode="after")
    def _check_single_rule(self) -> Self:
        rules = [
            bool(self.deciles),
            self.share_65_plus_from is not None,
            bool(self.codes),
            self.whole_programme,
        ]
        if sum(rules) != 1:
            raise ValueError(
                "needs exactly one rule: deciles, share_65_plus_from, codes or whole_programme"
            )
        if bool(self.deciles) != (self.edition is not None):
            raise ValueError("must have an edition if its rule is deciles, and only then")
        if self.deciles and self.of != "lsoa":
            raise ValueError("has deciles as its rule, but only LSOAs have deciles")
        return self


class Geography(Part):
    """All areas in the programme, and the vintage of their boundaries."""

    district_vintage: Vintage
    ward_vintage: Vintage
    ward_from_on: date
    lsoa_vintage: Vintage
    imd_edition: Edition
    note: Prose
    wards: Annotated[Many[Ward], Field(min_length=1)]
    lsoas: Many[Lsoa] = ()
