"""Words of the coverage room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from app.coverage.disclosure import Span
from app.targets.types import Verb

FigureGroup = Literal["held", "unsettled"]  # the people counted, or who may count


@dataclass(frozen=True)
class Rule:
    """Who counts. kinds: any of these certificates; networks, organisation_kinds: any of them,
    empty: all; bases with an area_set, or with district: what ties the person to which places.
    """

    verb: Verb
    kinds: tuple[str, ...]
    networks: tuple[str, ...] = ()
    organisation_kinds: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    area_set: str | None = None
    district: bool = False
    since: date | None = None

    @classmethod
    def read(cls, verb: Verb, rule: Mapping[str, Any]) -> Rule:
        """A rule as a target keeps it."""
        since = rule.get("since")
        return cls(
            verb=verb,
            kinds=tuple(rule.get("kinds", ())),
            networks=tuple(rule.get("networks", ())),
            organisation_kinds=tuple(rule.get("organisation_kinds", ())),
            bases=tuple(rule.get("bases", ())),
            area_set=rule.get("area_set"),
            district=bool(rule.get("district")),
            since=date.fromisoformat(since) if since else None,
        )


@dataclass(frozen=True)
class Catchment:
    """The places a rule speaks of, as ids of areas of any kind.

    inside: being there is being in the place. partly: areas of which only a part belongs to it, so
    that somebody known to be there may or may not count. by_lsoa: the place is made of LSOAs, so
    the LSOA of a presence decides before its ward does.
    """

    inside: frozenset[int]
    partly: frozenset[int] = frozenset()
    by_lsoa: bool = False
    whole_district: bool = False


@dataclass(frozen=True)
class TargetFacts:
    """A target on a day. sensitive: it counts the people of a sensitive network."""

    id: int
    slug: str
    name: str
    source: str
    needed: int | None
    due_on: date | None
    rule: Rule
    beside: str | None
    sensitive: bool


@dataclass(frozen=True)
class Measured:
    """How many distinct people count, and how many more may, but for an area not known."""

    held: int
    unsettled: int


@dataclass(frozen=True)
class Figure:
    """A target with what was counted, and the figures that stand beside it.

    held: general champions; None: not for this reader; unsettled likewise. with_sensitive: the same
    with everybody whom readers of sensitive networks see; None for other readers.
    """

    slug: str
    name: str
    source: str
    needed: int | None
    due_on: date | None
    held: int | None
    unsettled: int | None
    sensitive: bool = False
    beside: tuple[Figure, ...] = ()
    with_sensitive: int | None = None


@dataclass(frozen=True)
class Award:
    """A status a community was given: a dated fact, whatever the register holds."""

    name: str
    known_by_on: date
    source: str


@dataclass(frozen=True)
class AreaFigure:
    """A place that should have champions. band: the name of its size, None where only needs ask.

    with_sensitive: see Figure.
    """

    code: str
    name: str
    needed: int
    held: int
    band: str | None = None
    awards: tuple[Award, ...] = ()
    with_sensitive: int | None = None


@dataclass(frozen=True)
class WardFigure:
    """A ward for the staff's map: champions present there on the day; both numbers as in Figure."""

    code: str
    name: str
    held: int
    with_sensitive: int | None = None


@dataclass(frozen=True)
class Unplaced:
    """Champions of a district whose ward is not known yet."""

    code: str
    people: int


@dataclass(frozen=True)
class Coverage:
    """What one reader may see of a day."""

    on: date
    figures: tuple[Figure, ...]
    areas: tuple[AreaFigure, ...]
    wards: tuple[WardFigure, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()


@dataclass(frozen=True)
class PublishedFigure:
    """A target as it is published: ranges; None where a range is hidden."""

    slug: str
    name: str
    source: str
    needed: int | None
    due_on: date | None
    held: Span | None
    unsettled: Span | None
    beside: tuple[PublishedFigure, ...] = ()


@dataclass(frozen=True)
class PublishedArea:
    """A town as it is published."""

    code: str
    name: str
    needed: int
    held: Span
    band: str
    awards: tuple[Award, ...] = ()


@dataclass(frozen=True)
class Published:
    """Safe numbers as they were frozen for a month. on: the day that was counted."""

    month: date
    on: date
    figures: tuple[PublishedFigure, ...]
    areas: tuple[PublishedArea, ...]


@dataclass(frozen=True)
class PersonBehind:
    """Somebody behind a number, as the reader may see them. general: whether they are in the number
    of general champions; None where the reader sees general champions only.
    """

    person_id: int
    name: str
    home: str
    certificate: str
    expires_on: date | None
    general: bool | None = None


@dataclass(frozen=True)
class Subject:
    """What a number is about: a target or an area, with the name its page bears."""

    slug: str
    name: str
    kind: str  # "target" or "area"
    id: int


Fit = Literal["phone", "wide", "small", "none"]


@dataclass(frozen=True)
class Shape:
    """A ward as drawn: an SVG path, where its number stands, and how large it may be there."""

    code: str
    name: str
    path: str
    x: float
    y: float
    fit: Fit = "phone"


@dataclass(frozen=True)
class Label:
    """The name of a town on the map."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Sheet:
    """A drawing of the district: width and height in its own units."""

    width: int
    height: int
    real: bool
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...] = field(default=())
