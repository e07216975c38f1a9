"""Types for attendance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.courses.types import ManagedRun, RunFacts


class Outcome(StrEnum):
    """The result of a course for an attendee."""

    PENDING = "pending"  # the run has not been signed off
    INCOMPLETE = "incomplete"  # they missed a session
    ATTENDANCE = "attendance"  # a record of attendance only
    CERTIFICATE = "certificate"


@dataclass(frozen=True)
class AttendancePage:
    """The contents of the attendance page of a run.

    `late_attendee_ids` are the attendees whose attendance can still be recorded after sign-off.
    `started_session_ids` are the sessions that have started. `outcomes` contains results by
    attendee ID. It is empty if the reader is not allowed to see them.
    """

    managed: ManagedRun
    late_attendee_ids: frozenset[int]
    started_session_ids: frozenset[int]
    can_sign_off: bool
    outcomes: Mapping[int, Outcome]


@dataclass(frozen=True)
class EarlierCertificate:
    """An earlier certificate that a coordinator has seen.

    `kind` is the slug of the kind, or None if the course accepts only one. `awarded_on` is the date
    of the certificate, if known. `reason` describes what the coordinator saw.
    """

    kind: str | None
    awarded_on: date | None
    reason: str


@dataclass(frozen=True)
class LikelyPerson:
    """A person with a record who might be an attendee.

    `is_sure` is True if the contact details are the same and the names are compatible.
    """

    person_id: int
    name: str
    is_sure: bool


@dataclass(frozen=True)
class AttendeeRow:
    """An attendee, for coordinators.

    `person_id` is the ID of the person who has the place, if the reader is allowed to see them.
    `is_linked` is True if that person was linked to the attendee. `likely_people` contains possible
    matches for an attendee who is not linked. `earlier_kind` is the name of the kind of certificate
    that a coordinator has seen.
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
    earlier_kind: str | None
    earlier_kind_slug: str | None
    earlier_awarded_on: date | None
    likely_people: tuple[LikelyPerson, ...]


@dataclass(frozen=True)
class AttendeesPage:
    """A page of attendees. `next` is the cursor of the next page, or None."""

    rows: list[AttendeeRow]
    next: str | None
    first: bool
