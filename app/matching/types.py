"""Words of the matching room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.core.in_force import is_in_force

BY_HAND = "hand"  # the source of a need that no gap suggested


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
    source: str = BY_HAND


@dataclass(frozen=True)
class NeedChanges:
    """What of a need may be changed while it is open: not where, who and which training."""

    places: int
    priority: int
    what_for: str
    setting: str
    times: str
    contact: str


@dataclass(frozen=True)
class AskingResult:
    """How many people were asked, how many of them by hand, and who can't be reached."""

    people: int
    by_hand: int
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counts:
    """What waits for a coordinator in this room."""

    proposed: int  # nobody has asked them yet
    unanswered: int  # asked a while ago
    accepted: int  # lately
    declined: int  # lately


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
class Suits:
    """What speaks for asking somebody, as the reader may know it on the day they read it.

    certificate: what they hold in date, or None; until: its last day, None where it does not lapse.
    member: of the network the need asks for, if the reader may know that. asked_on: when they were
    last asked for anything the reader may know of.
    """

    certificate: str | None
    until: date | None
    member: bool
    kilometres: int
    active: bool
    asked_on: date | None


class Against(StrEnum):
    """Why somebody who was asked can't serve the need now."""

    INACTIVE = "inactive"  # away, left, or not approved any more
    CERTIFICATE = "certificate"  # none in date
    UNAVAILABLE = "unavailable"  # what must not be told apart: a ward ruled out, a block


@dataclass(frozen=True)
class ProposalRow:
    """A proposal as staff see it. against: why a yes could not stand, of those asked."""

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
    asked_on: date | None = None
    answered_on: date | None = None
    suits: Suits | None = None
    against: Against | None = None


@dataclass(frozen=True)
class AssignmentRow:
    """Who serves a need, from a day to a day."""

    id: int
    need_id: int
    person_id: int
    name: str
    area_name: str
    what_for: str
    setting: str
    times: str
    contact: str
    from_on: date
    until_on: date | None
    until_reason: str | None = None

    @property
    def never_stood(self) -> bool:
        """It was ended on the day it began."""
        return self.until_on is not None and self.until_on < self.from_on

    def stands(self, on: date) -> bool:
        """Whether it stands on a day."""
        return is_in_force(self, on)


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
    answered_on: date | None
    ended_on: date | None  # last day of the assignment that followed


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


@dataclass(frozen=True)
class NeedPage:
    """A need with who serves, who was asked or proposed, who said no, and why places stay empty."""

    need: NeedRow
    serving: list[AssignmentRow]
    proposed: list[ProposalRow]
    asked: list[ProposalRow]
    declined: list[ProposalRow]
    why: str | None
    by_hand: dict[int, list[str]]  # person id → how to contact them, of who was asked by hand


@dataclass(frozen=True)
class AnswersPage:
    """Requests without an answer, and what people said lately, each with its need."""

    unanswered: list[ProposalRow]
    answered: list[ProposalRow]
    needs: dict[int, NeedRow]
    by_hand: dict[int, list[str]]  # person id → how to contact them, of who was asked by hand


@dataclass(frozen=True)
class RunNeed:
    """What a run found for one need. why: None where the reader must not learn it from this run."""

    need: NeedRow
    proposals: list[ProposalRow]
    empty: int
    why: str | None


@dataclass(frozen=True)
class RunPage:
    """A run as its page shows it."""

    run: RunRow
    needs: list[RunNeed]
    is_last: bool

    @property
    def proposed(self) -> int:
        """How many proposals the reader sees."""
        return sum(len(each.proposals) for each in self.needs)

    @property
    def to_ask(self) -> int:
        """How many of them nobody was asked about yet."""
        return sum(
            proposal.state is ProposalState.PROPOSED
            for each in self.needs
            for proposal in each.proposals
        )

    @property
    def empty(self) -> int:
        """Places that stay empty."""
        return sum(each.empty for each in self.needs)
