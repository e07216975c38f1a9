"""The types used for coverage figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from app.certificates.types import DatePrecision
from app.coverage.disclosure import Span
from app.targets.types import Award, Verb

# "held": the people who count; "unsettled": people who might count but whose area is unknown;
# "not_confirmed": people in "held" who have not been in touch within the active months.
FigureGroup = Literal["held", "unsettled", "not_confirmed"]


@dataclass(frozen=True)
class Rule:
    """A rule for counting people.

    ``kinds``, ``networks`` and ``organisation_kinds`` each match any of their items. If empty, they
    match everything. ``bases`` are the ways in which a person can be connected to a place.
    ``area_set`` or ``district`` is the place.
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
    def from_json(cls, verb: Verb, rule: Mapping[str, Any]) -> Rule:
        """Create a rule from the JSON stored with a target."""
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
    """The IDs of the areas in which a rule counts people.

    People in ``inside`` count. People in ``partly_inside`` may or may not count. If ``by_lsoa`` is
    true, the rule is about LSOAs, and the LSOA of a presence takes precedence over its ward.
    """

    inside: frozenset[int]
    partly_inside: frozenset[int] = frozenset()
    by_lsoa: bool = False
    whole_district: bool = False


@dataclass(frozen=True)
class TargetFacts:
    """A target on a given day. ``sensitive`` is true if it counts people in a sensitive network."""

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
class Measurement:
    """The number of people who count, and the number who might count but whose area is unknown.

    ``not_confirmed`` is how many of those who count have not confirmed that they are active. It is
    0 if the rule does not require people to be active.
    """

    held: int
    unsettled: int = 0
    not_confirmed: int = 0


@dataclass(frozen=True)
class Figure:
    """A target with its counts, and the figures that are shown beside it.

    ``held`` and ``unsettled`` count general champions, and are None if the reader is not allowed to
    see them. ``not_confirmed`` is how many people in ``held`` have not confirmed that they are
    active. ``with_sensitive`` also counts people in sensitive networks, and is None if the reader
    is not allowed to see those networks.
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
    not_confirmed: int = 0


@dataclass(frozen=True)
class AreaFigure:
    """An area with its number of champions and the number needed.

    ``band`` is the name of the area's band, or None if the area has an open need but no band.
    ``with_sensitive`` is as in Figure.
    """

    code: str
    name: str
    needed: int
    held: int
    band: str | None = None
    awards: tuple[Award, ...] = ()
    with_sensitive: int | None = None
    not_confirmed: int = 0


@dataclass(frozen=True)
class WardFigure:
    """A ward on the map for staff, with its number of champions. The counts are as in Figure."""

    code: str
    name: str
    held: int
    with_sensitive: int | None = None
    not_confirmed: int = 0


@dataclass(frozen=True)
class ChampionsWithUnknownWard:
    """The number of champions who are in a district but whose ward we do not know."""

    code: str
    people: int


@dataclass(frozen=True)
class Coverage:
    """All figures for a day that a reader is allowed to see."""

    on: date
    figures: tuple[Figure, ...]
    areas: tuple[AreaFigure, ...]
    wards: tuple[WardFigure, ...] = ()
    unplaced: tuple[ChampionsWithUnknownWard, ...] = ()


@dataclass(frozen=True)
class PublishedFigure:
    """A published target, with its figures as ranges. A hidden range is None."""

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
    """A published town. A hidden range is None."""

    code: str
    name: str
    needed: int
    held: Span | None
    band: str
    awards: tuple[Award, ...] = ()


@dataclass(frozen=True)
class Publication:
    """The figures published for a month, counted on the day ``on``."""

    month: date
    on: date
    figures: tuple[PublishedFigure, ...]
    areas: tuple[PublishedArea, ...]


@dataclass(frozen=True)
class CountedPerson:
    """A person counted in a figure.

    ``general`` is whether they are a general champion. It is None for readers who can see only
    general champions.
    """

    person_id: int
    name: str
    home: str
    certificate: str
    expires_on: date | None
    expiry_known: DatePrecision
    general: bool | None = None


@dataclass(frozen=True)
class Subject:
    """The target or area whose people a page lists."""

    slug: str
    name: str
    kind: str  # "target" or "area"
    id: int


Fit = Literal["phone", "wide", "small", "none"]


@dataclass(frozen=True)
class Shape:
    """A ward on the map: its SVG path, and the position and size of its number."""

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
class DistrictMap:
    """A map of the district. The width and height are in drawing units."""

    width: int
    height: int
    has_boundaries: bool
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...] = field(default=())
