"""Types for the coverage room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from app.certificates.types import DatePrecision
from app.coverage.disclosure import Span
from app.targets.types import Award, Verb

# "held": the people who count; "unsettled": those who might count but whose area is unknown;
# "not_confirmed": those of "held" that we have not heard from within the active months.
FigureGroup = Literal["held", "unsettled", "not_confirmed"]


@dataclass(frozen=True)
class Rule:
    """The rule that says who counts.

    ``kinds``, ``networks`` and ``organisation_kinds`` each match any of their items, and everything
    if they are empty. ``bases`` say how a person must be connected to a place. ``area_set`` or
    ``district`` says which place.
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
        """Create a rule from the JSON that a target stores."""
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
    """The areas where a rule counts people, as area IDs of any kind.

    People in an area listed in ``inside`` count. People in an area listed in ``partly_inside`` may
    or may not count. If ``by_lsoa`` is true, the rule is about LSOAs, and the LSOA of a presence
    takes precedence over its ward.
    """

    inside: frozenset[int]
    partly_inside: frozenset[int] = frozenset()
    by_lsoa: bool = False
    whole_district: bool = False


@dataclass(frozen=True)
class TargetFacts:
    """A target on a given day. ``sensitive`` is true if it counts people of a sensitive network."""

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
    """The number of people who count, and of those who might but have an unknown area.

    ``not_confirmed`` is how many of those who count have not confirmed that they are active. It is
    0 for a rule that does not require people to be active.
    """

    held: int
    unsettled: int = 0
    not_confirmed: int = 0


@dataclass(frozen=True)
class Figure:
    """A target with its counts, and the figures that are shown beside it.

    ``not_confirmed`` is as in Measurement, for the people in ``held``.

    ``held`` and ``unsettled`` count general champions, and are None if the reader may not see them.
    ``with_sensitive`` also counts the people of sensitive networks, and is None for readers who may
    not see those.
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

    ``band`` is the name of the area's size, or None if the area has open needs but no band. For
    ``with_sensitive`` see Figure.
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
    """A ward on the staff's map with its champions. The counts are as in Figure."""

    code: str
    name: str
    held: int
    with_sensitive: int | None = None
    not_confirmed: int = 0


@dataclass(frozen=True)
class UnplacedChampions:
    """The number of champions in a district whose ward is unknown."""

    code: str
    people: int


@dataclass(frozen=True)
class Coverage:
    """All of a day's figures that a reader may see."""

    on: date
    figures: tuple[Figure, ...]
    areas: tuple[AreaFigure, ...]
    wards: tuple[WardFigure, ...] = ()
    unplaced: tuple[UnplacedChampions, ...] = ()


@dataclass(frozen=True)
class PublishedFigure:
    """A target as published, with figures given as ranges. A suppressed range is None."""

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
    """A town as it is published. A hidden range is None."""

    code: str
    name: str
    needed: int
    held: Span | None
    band: str
    awards: tuple[Award, ...] = ()


@dataclass(frozen=True)
class Publication:
    """The safe numbers published for a month. They were counted on the day ``on``."""

    month: date
    on: date
    figures: tuple[PublishedFigure, ...]
    areas: tuple[PublishedArea, ...]


@dataclass(frozen=True)
class CountedPerson:
    """A person behind a figure, as the reader may see them.

    ``general`` says whether they are a general champion. It is None for readers who see only
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
    """The target or area that a figure is about, with the title of its page."""

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
