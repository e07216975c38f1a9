"""The parts of a programme file that define targets, bands and community awards."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.core.programme_types import Line, Many, Part, Prose, Slug
from app.organisations.programme_part import OrganisationKindName

BasisName = Literal["lives", "works", "operates", "serves"]
VerbName = Literal["trained_since", "in_date", "active_in_date"]
Count = Annotated[int, Field(ge=1, le=100_000)]
Residents = Annotated[int, Field(ge=0)]
ShortLine = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class TargetPart(Part):
    """A target with its source and the rule for counting people.

    ``needed`` is left out if the source gives only a direction, not a number. ``timescale`` is
    quoted from the source, and ``due_on`` is the date that the programme has adopted. ``kinds``,
    ``networks`` and ``organisation_kinds`` each match any of their items. If empty, they match
    everything. ``bases`` are the ways in which a person can be connected to a place. ``area_set``
    or ``district`` is the place. ``beside`` is the slug of the target that this target is shown
    next to. ``until_on`` is the last day of the target.
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
    def _check_consistency(self) -> Self:
        if (self.since is not None) != (self.verb == "trained_since"):
            raise ValueError('needs "since" if, and only if, its verb is "trained_since"')
        if self.area_set is not None and self.district:
            raise ValueError("has both an area_set and district = true. Keep only one")
        if bool(self.bases) != (self.district or self.area_set is not None):
            raise ValueError(
                "needs both bases and a place (area_set or district = true), or neither"
            )
        return self


class BandPart(Part):
    """The number of champions needed in communities of one kind and size.

    The population is at least ``population_from`` and less than ``population_below``. If
    ``population_below`` is None, there is no upper limit.
    """

    name: ShortLine
    settlement: Literal["town", "village"]
    population_from: Residents = 0
    population_below: Residents | None = None
    needed: Count

    def includes(self, settlement: str, population: int) -> bool:
        """Return whether this band applies to a settlement with this population."""
        return (
            settlement == self.settlement
            and population >= self.population_from
            and (self.population_below is None or population < self.population_below)
        )


class BandVersion(Part):
    """The bands that apply from ``from_on`` until the next version."""

    from_on: date
    source: Prose
    bands: Annotated[Many[BandPart], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_overlap(self) -> Self:
        for settlement in ("town", "village"):
            floor: int | None = 0
            bands = [band for band in self.bands if band.settlement == settlement]
            for band in sorted(bands, key=lambda each: each.population_from):
                if floor is None or band.population_from < floor:
                    raise ValueError(f"has bands for a {settlement} that overlap: “{band.name}”")
                floor = band.population_below
        return self

    def find_band(self, settlement: str, population: int) -> BandPart | None:
        """Return the band of a settlement with this population, or None."""
        return next((band for band in self.bands if band.includes(settlement, population)), None)


class CommunityAwardPart(Part):
    """An award made to a community. ``known_by_on`` is the date of the source."""

    area: Slug
    name: ShortLine
    known_by_on: date
    source: Prose


class CommunityStatus(Part):
    """The status that communities can earn, with its rules and the awards already made.

    A person with a certificate of one of these ``kinds`` counts as a champion of their community.
    """

    name: ShortLine
    kinds: Annotated[Many[Slug], Field(min_length=1)]
    bases: Annotated[Many[BasisName], Field(min_length=1)]
    versions: Annotated[Many[BandVersion], Field(min_length=1)]
    awards: Many[CommunityAwardPart] = ()

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        days = [version.from_on for version in self.versions]
        if days != sorted(set(days)):
            raise ValueError("has versions that are not sorted by from_on, or share a date")
        return self
