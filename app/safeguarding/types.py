"""Types and limits for the safeguarding room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

LONGEST_MESSAGE = 5_000  # characters in a message or decision


class DecisionKind(StrEnum):
    """The kind of decision."""

    NOTE = "note"
    CLOSE = "close"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True)
class NewReport:
    """A message from somebody who is worried. Only ``what`` is required."""

    what: str
    about: str | None
    reach: str | None


@dataclass(frozen=True)
class ReportRow:
    """A message in the list, without its contents."""

    id: int
    received_at: datetime
    due_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class DecisionRow:
    """A decision, for display to leads."""

    at: datetime
    by: str
    kind: DecisionKind
    words: str


@dataclass(frozen=True)
class ReportPage:
    """An opened message with its contents and decisions."""

    row: ReportRow
    what: str
    about: str | None
    reach: str | None
    decisions: tuple[DecisionRow, ...]


@dataclass(frozen=True)
class ParticipationPage:
    """A person's participation in the network, for display to leads.

    ``current`` holds the first and last day of a current or future suspension. ``places`` are
    (attendee ID, label) pairs for courses that have not started. ``requests`` are (proposal ID,
    label) pairs for unanswered requests that the lead is allowed to see. If ``approved`` is false,
    the person's application cannot be decided during a suspension.
    """

    person_id: int
    name: str
    current: tuple[date, date | None] | None
    places: tuple[tuple[int, str], ...]
    requests: tuple[tuple[int, str], ...]
    approved: bool
    decisions: tuple[DecisionRow, ...]
