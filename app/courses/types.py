"""Words of the courses room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class RunState(StrEnum):
    """Derived from instants by `state(on)`; never stored."""

    PLANNED = "planned"  # not open for booking yet
    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"  # past its cut-off
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Mark(StrEnum):
    """What the trainer noted for one attendee at one session."""

    ATTENDED = "attended"
    PART = "part"
    ABSENT = "absent"


@dataclass(frozen=True)
class SessionTimes:
    """One day of a run: aware instants."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class NewRun:
    """A course run as the trainer puts it on."""

    course_type: str  # slug
    sessions: tuple[SessionTimes, ...]
    venue: str
    venue_postcode: str | None
    link: str | None
    minimum: int
    capacity: int
    cut_off_on: date
    fee_pence: int = 0
    exception_reference: str | None = None


@dataclass(frozen=True)
class FreeRun:
    """A run that costs nothing and has places left, as letters and other rooms name it."""

    id: int
    name: str
    first_day: date
    venue: str
