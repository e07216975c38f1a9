"""Words of the matching room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Verb(StrEnum):
    """What a target counts."""

    TRAINED_SINCE = "trained_since"
    IN_DATE = "in_date"
    ACTIVE_IN_DATE = "active_in_date"


class ProposalState(StrEnum):
    """Derived from instants; never stored."""

    PROPOSED = "proposed"
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class NeedCommand:
    """A need as a coordinator makes it."""

    area: str  # code
    network: str | None  # slug; None: any
    kind: str | None  # certificate kind's slug; None: any that makes a champion
    places: int
    priority: int
    what_for: str
    setting: str
    times: str
    contact: str
    source: str = "hand"


@dataclass(frozen=True)
class NeedRow:
    """A need as lists and pages show it. held: standing assignments; asked: waiting for answers."""

    id: int
    area_code: str
    area_name: str
    network_id: int | None
    network: str | None
    network_slug: str | None
    kind: str | None
    kind_slug: str | None
    places: int
    priority: int
    what_for: str
    setting: str
    times: str
    contact: str
    source: str
    opened_on: date
    closed_on: date | None
    held: int
    asked: int
    proposed: int

    @property
    def empty(self) -> int:
        """Places that nobody holds or was asked for."""
        return max(0, self.places - self.held - self.asked)


@dataclass(frozen=True)
class ProposalRow:
    """A proposal as staff see it."""

    id: int
    need_id: int
    person_id: int
    name: str
    home: str
    place: int
    score: int
    terms: dict[str, int]
    state: ProposalState
    reason: str | None = None


@dataclass(frozen=True)
class AssignmentRow:
    """Who serves a need, from a day to a day."""

    id: int
    need_id: int
    person_id: int
    name: str
    area_name: str
    what_for: str
    from_on: date
    until_on: date | None


@dataclass(frozen=True)
class RequestRow:
    """A request as the person who was asked reads it."""

    id: int
    person_id: int
    state: ProposalState
    area_name: str
    what_for: str
    setting: str
    times: str
    contact: str
    asked_on: date | None


@dataclass(frozen=True)
class RunRow:
    """A run of the matching and its outcome."""

    id: int
    on: date
    needs: int
    places: int
    filled: int
    objective: int
    optimal: bool
    seconds: float
