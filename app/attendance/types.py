"""Types for the attendance room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.courses.types import ManagedRun, RunFacts


class Outcome(StrEnum):
    """What an attendee has from a run."""

    COMING = "coming"  # the run has not been signed off
    NOT_ALL = "not all"  # they missed a session
    ATTENDANCE = "attendance"  # a record of attendance, which counts for nothing
    CERTIFICATE = "certificate"


@dataclass(frozen=True)
class AttendancePage:
    """The data on a run's attendance page.

    `late_attendee_ids` holds attendees who can still be marked after the run was signed off,
    because the person who signed it off could not see them. `begun` holds the IDs of sessions that
    have begun and so can be marked. `outcomes` says what each attendee has from the run, by
    attendee ID. It is empty for readers who may not know.
    """

    managed: ManagedRun
    late_attendee_ids: frozenset[int]
    begun: frozenset[int]
    can_sign_off: bool
    outcomes: Mapping[int, Outcome]


@dataclass(frozen=True)
class LikelyPerson:
    """A person on record who may be an attendee.

    `is_sure` is True if they share contact details and a compatible name.
    """

    person_id: int
    name: str
    is_sure: bool


@dataclass(frozen=True)
class AttendeeRow:
    """An attendee as coordinators see them.

    `person_id` is the person with a record who takes the place, if the reader may see them.
    `is_linked` is True if the place was only named at first. `likely` is empty once it is linked.
    """

    attendee_id: int
    name: str
    email: str | None
    phone: str | None
    run: RunFacts
    added_on: date
    outcome: Outcome
    person_id: int | None
    person_name: str | None
    is_linked: bool
    has_other_place: bool
    earlier_seen_on: date | None
    likely: tuple[LikelyPerson, ...]


@dataclass(frozen=True)
class AttendeesPage:
    """A page of attendees. `next` is the cursor of the following page, or None on the last one."""

    rows: list[AttendeeRow]
    next: str | None
    first: bool
