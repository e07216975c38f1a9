"""Words of the safeguarding room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

LONGEST_WORDS = 5_000  # characters of a message or decision


class Step(StrEnum):
    """Who has been told that a message waits in the queue."""

    LEAD = "lead"
    OTHER_LEADS = "other leads"
    ADMINISTRATORS = "administrators"


class DecisionKind(StrEnum):
    """What a decision is about."""

    NOTE = "note"
    CLOSE = "close"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True)
class NewReport:
    """A message of somebody who is worried. what: the only thing that is needed."""

    what: str
    about: str | None
    reach: str | None


@dataclass(frozen=True)
class ReportLine:
    """A message in the queue, without a word of what it says."""

    id: int
    received_at: datetime
    due_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class DecisionLine:
    """A decision as the leads read it."""

    at: datetime
    by: str
    kind: DecisionKind
    words: str


@dataclass(frozen=True)
class OpenReport:
    """A message that a lead opened, and what was decided about it."""

    line: ReportLine
    what: str
    about: str | None
    reach: str | None
    decisions: tuple[DecisionLine, ...]


@dataclass(frozen=True)
class Paused:
    """A person's part in the network, as the leads see it.

    current: (from, until) of the pause that holds or is to come. places: (id, in words) of their
    places on courses that have not begun; requests: the same of what they were asked and have not
    answered, as far as the lead may know. approved: they are in the network; otherwise a pause
    holds the decision about their registration.
    """

    person_id: int
    name: str
    current: tuple[date, date | None] | None
    places: tuple[tuple[int, str], ...]
    requests: tuple[tuple[int, str], ...]
    approved: bool
    decisions: tuple[DecisionLine, ...]
