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
    role: str | None  # certificate kind's slug
    places: int
    priority: int
    what_for: str
    setting: str
    times: str
    contact: str
    source: str = "hand"
    from_on: date | None = None
