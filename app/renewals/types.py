"""Types for renewing certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.certificates.types import DatePrecision


@dataclass(frozen=True)
class Renewal:
    """A certificate that has expired or will expire soon.

    `course` is the slug of the course type to book, or None if there is not exactly one.
    """

    kind: str
    kind_id: int
    last_day: date
    known: DatePrecision
    lapsed: bool
    course: str | None


@dataclass(frozen=True)
class HeldCertificate:
    """A certificate that a person holds. `key` identifies it for the caller."""

    key: int
    person_id: int
    kind_id: int
    expires_on: date


@dataclass(frozen=True)
class BookedRenewal:
    """A booked place on a future run that renews a certificate.

    `in_time` is false if the certificate expires before the last session.
    """

    run_id: int
    name: str
    venue: str
    first_day: date
    in_time: bool


@dataclass(frozen=True)
class FuturePlace:
    """A place on a run that is not over and awards a certificate."""

    person_id: int
    run_id: int
    name: str
    venue: str
    awards_id: int
    is_refresher: bool
    prerequisite_id: int | None
    first_day: date
    last_day: date


@dataclass(frozen=True)
class FreeRun:
    """A run that is free of charge and has places left."""

    id: int
    name: str
    first_day: date
    venue: str
