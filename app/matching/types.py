"""The types used for matching."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.certificates.types import DatePrecision
from app.core.in_force import is_in_force

BY_HAND = "hand"  # the source of a need that was not suggested by a gap


class ProposalState(StrEnum):
    """The state of a proposal. It is derived from the proposal's timestamps and never stored."""

    PROPOSED = "proposed"
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Obstacle(StrEnum):
    """A reason why a person cannot be asked to serve a need, or cannot serve it."""

    PAUSED = "paused"  # suspended by the team
    AWAY = "away"
    LEFT = "left"
    INACTIVE = "inactive"  # not approved, or not in touch recently
    CERTIFICATE = "certificate"  # no certificate in date
    TOO_FAR = "too far"
    ASKED = "asked"  # serves the need, or has been asked about it
    BUSY = "busy"
    # Readers must not be able to distinguish these reasons: the person ruled out the ward, blocked
    # somebody responsible for the need, left its network, has no known location, or became
    # protected after the assignment began.
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class NewNeed:
    """The details of a new need."""

    area: str  # code
    network: str | None  # slug, or None for any network
    kind: str | None  # slug of a certificate kind, or None for any kind that qualifies a champion
    places: int
    priority: int
    what_for: str
    setting: str
    times: str
    contact: str
    source: str = BY_HAND


@dataclass(frozen=True)
class NeedChanges:
    """Changes to an open need. The area, network and training cannot be changed."""

    places: int
    priority: int
    what_for: str
    setting: str
    times: str
    contact: str


@dataclass(frozen=True)
class SentRequests:
    """The result of sending requests to serve.

    ``people`` is the number of people asked, and ``by_hand`` is how many of them staff must call or
    write to. ``unreachable`` has the names of people we cannot contact. ``ineligible`` has the
    names of people who no longer qualify, each with the reason.
    """

    people: int
    by_hand: int
    unreachable: tuple[str, ...] = ()
    ineligible: tuple[tuple[str, Obstacle], ...] = ()


@dataclass(frozen=True)
class ProposalCounts:
    """Proposal counts for a coordinator's home page."""

    proposed: int  # not asked yet
    unanswered: int  # asked more than two weeks ago
    accepted: int  # in the last week
    declined: int  # in the last week


@dataclass(frozen=True)
class NeedRow:
    """A need with its counts, for lists and for its page.

    ``held`` counts current assignments, ``asked`` unanswered requests, and ``proposed`` people who
    have not been asked.
    """

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
    def vacancies(self) -> int:
        """The number of places without an assignment or an unanswered request."""
        return max(0, self.places - self.held - self.asked)


@dataclass(frozen=True)
class Suitability:
    """The reasons why a person suits a need, limited to information visible to the reader.

    ``certificate`` is the kind of their in-date certificate, and ``until`` is its last day, or None
    if it does not expire. ``is_member`` says whether the person belongs to the need's network.
    ``asked_on`` is the day on which they were last asked about any need.
    """

    certificate: str | None
    until: date | None
    until_precision: DatePrecision
    is_member: bool
    kilometres: int
    is_active: bool
    asked_on: date | None


@dataclass(frozen=True)
class ProposalRow:
    """A proposal, for staff. ``obstacle`` is the reason why the person can no longer serve."""

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
    suitability: Suitability | None = None
    obstacle: Obstacle | None = None


@dataclass(frozen=True)
class AssignmentRow:
    """An assignment with the details of its need."""

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
    obstacle: Obstacle | None = None  # found by the last nightly check
    obstacle_on: date | None = None
    kept_until: date | None = None

    @property
    def ended_on_first_day(self) -> bool:
        """Whether the assignment ended on the day it began, so that it was never in force."""
        return self.until_on is not None and self.until_on < self.from_on

    def is_current(self, on: date) -> bool:
        """Return whether the assignment is in force on a given day."""
        return is_in_force(self, on)


@dataclass(frozen=True)
class RequestRow:
    """A request, for the person who was asked."""

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
    ended_on: date | None  # the last day of the assignment, if the request was accepted


@dataclass(frozen=True)
class RunRow:
    """A matching run and its result."""

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
    """A need with its assignments and proposals, and the reason why vacancies could not be filled.

    ``contact_instructions`` are for people we cannot email, by person ID.
    """

    need: NeedRow
    serving: list[AssignmentRow]
    proposed: list[ProposalRow]
    asked: list[ProposalRow]
    declined: list[ProposalRow]
    why: str | None
    contact_instructions: dict[int, list[str]]
    obstacles: dict[int, Obstacle]  # rules that people no longer meet, by assignment ID


@dataclass(frozen=True)
class AnswersPage:
    """Unanswered requests and the latest answers, with their needs by ID.

    ``contact_instructions`` are for people we cannot email, by person ID.
    """

    unanswered: list[ProposalRow]
    answered: list[ProposalRow]
    needs: dict[int, NeedRow]
    contact_instructions: dict[int, list[str]]


@dataclass(frozen=True)
class NeedResult:
    """The result of a run for one need.

    ``why`` is the reason for its vacancies. It is None if there are no vacancies or if the reader
    is not allowed to see the reason.
    """

    need: NeedRow
    proposals: list[ProposalRow]
    vacancies: int
    why: str | None


@dataclass(frozen=True)
class RunPage:
    """The contents of the page about a matching run."""

    run: RunRow
    needs: list[NeedResult]
    is_last: bool

    @property
    def proposed(self) -> int:
        """The number of proposals visible to the reader."""
        return sum(len(each.proposals) for each in self.needs)

    @property
    def unsent_count(self) -> int:
        """The number of proposals visible to the reader that have not been sent as requests."""
        return sum(
            proposal.state is ProposalState.PROPOSED
            for each in self.needs
            for proposal in each.proposals
        )

    @property
    def vacancies(self) -> int:
        """The number of vacancies in the needs visible to the reader."""
        return sum(each.vacancies for each in self.needs)
