"""The targets' part of a programme file: targets, and the bands and awards of communities."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.core.parts import Line, Many, Part, Prose, Slug
from app.organisations.programme_part import OrganisationKindName

BasisName = Literal["lives", "works", "operates", "serves"]
VerbName = Literal["trained_since", "in_date", "active_in_date"]
Count = Annotated[int, Field(ge=1, le=100_000)]
Residents = Annotated[int, Field(ge=0)]
ShortLine = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class TargetPart(Part):
    """A promise with its source, and what counts towards it.

    needed: absent where the source names no number (direction only).
    timescale: as the source has it; due_on: the day this programme adopted.
    kinds, networks, organisation_kinds: any of them; empty: all.
    bases: what ties a person to a place; with them an area_set, or district = true.
    beside: slug of the target that this figure stands beside.
    until_on: the last day it is pursued.
    """

    slug: Slug
    name: Line
    source: Prose
    timescale: Line | None = None
    needed: Count | None = None
    due_on: date | None = None
    verb: VerbName
    since: date | None = None
    kinds: Annotated[Many[Slug], Field(min_length=1)]
    networks: Many[Slug] = ()
    organisation_kinds: Many[OrganisationKindName] = ()
    bases: Many[BasisName] = ()
    area_set: Slug | None = None
    district: bool = False
    beside: Slug | None = None
    until_on: date | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.since is not None) != (self.verb == "trained_since"):
            raise ValueError('names the day since when its verb is "trained_since", and only then')
        if self.area_set is not None and self.district:
            raise ValueError("has both an area_set and district = true; keep one")
        if bool(self.bases) != (self.district or self.area_set is not None):
            raise ValueError("needs bases and a place (area_set or district = true), or neither")
        return self


class BandPart(Part):
    """How many champions a community of this kind and size needs.

    population_from, population_below: residents; absent: no limit on that side.
    """

    name: ShortLine
    settlement: Literal["town", "village"]
    population_from: Residents = 0
    population_below: Residents | None = None
    needed: Count

    def holds(self, settlement: str, population: int) -> bool:
        """Whether a community of `population` residents falls into this band."""
        return (
            settlement == self.settlement
            and population >= self.population_from
            and (self.population_below is None or population < self.population_below)
        )


class BandVersion(Part):
    """The bands that apply from a day until the next version starts."""

    from_on: date
    source: Prose
    bands: Annotated[Many[BandPart], Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for settlement in ("town", "village"):
            floor: int | None = 0
            bands = [band for band in self.bands if band.settlement == settlement]
            for band in sorted(bands, key=lambda each: each.population_from):
                if floor is None or band.population_from < floor:
                    raise ValueError(f"has bands for a {settlement} that overlap: “{band.name}”")
                floor = band.population_below
        return self

    def band_of(self, settlement: str, population: int) -> BandPart | None:
        """The band of a community of `population` residents; None where there is none."""
        return next((band for band in self.bands if band.holds(settlement, population)), None)


class CommunityAwardPart(Part):
    """A status that a community has: known by a day from a source."""

    area: Slug
    name: ShortLine
    known_by_on: date
    source: Prose


class CommunityStatus(Part):
    """The status that communities earn: who counts as a champion, how many, and who has it.

    kinds: any of these certificates makes somebody a champion of their community.
    """

    name: ShortLine
    kinds: Annotated[Many[Slug], Field(min_length=1)]
    bases: Annotated[Many[BasisName], Field(min_length=1)]
    versions: Annotated[Many[BandVersion], Field(min_length=1)]
    awards: Many[CommunityAwardPart] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [version.from_on for version in self.versions]
        if days != sorted(set(days)):
            raise ValueError("has versions that are not in the order of from_on, each day once")
        return self
