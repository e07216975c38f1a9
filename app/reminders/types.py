"""Words of the reminders room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from app.messages.types import Channel


class Skip(StrEnum):
    """Why a step that is due sends nothing."""

    OLDER_STEP = "a later step is due"
    TOO_OLD = "more than 30 days late"
    LAPSED_ON_ARRIVAL = "the certificate had lapsed when it was recorded"
    RENEWED = "renewed"
    REVOKED = "revoked"
    LEFT = "left"
    AWAY = "away"
    NOT_APPROVED = "not approved"
    NO_NOTICE_YET = "the privacy notice has not been given yet"
    NO_CONTACT = "there is no way to reach the person"
    NEVER_WROTE_BEFORE = "nothing was said to the person before"


# What time or a later fact will not undo goes into the ledger; the rest is asked again each day.
FINAL = frozenset(
    {Skip.OLDER_STEP, Skip.TOO_OLD, Skip.LAPSED_ON_ARRIVAL, Skip.RENEWED, Skip.REVOKED, Skip.LEFT}
)
EXPIRY_CHANGED = "the expiry date changed"
MADE_ANEW = "made anew without what is no longer due"
# A waiting reminder voided for one of these may come due again.
REVIVABLE = frozenset({Skip.AWAY.value, Skip.NOT_APPROVED.value, MADE_ANEW})


@dataclass(frozen=True)
class CertificateFacts:
    """The facts of a certificate that planning uses, on the day it plans for.

    steps: days before expiry at which its kind reminds; below 1: after it. settled: those of them
    that the ledger has dealt with, for this very expiry date. recorded_on: when it came to us.
    renewed: a longer one of the same kind, or of one that includes it, stands.
    """

    certificate_id: int
    person_id: int
    kind_id: int
    expires_on: date
    steps: tuple[int, ...]
    recorded_on: date
    settled: frozenset[int] = frozenset()
    renewed: bool = False
    revoked: bool = False
    approved: bool = True
    left: bool = False
    away: bool = False  # or paused by us
    notice_given: bool = True
    written_to: bool = True
    channel: str | None = "email"  # None: there is no way to reach the person


@dataclass(frozen=True)
class Waiting:
    """A reminder something of which is still to be done: to be reconsidered.

    went: its letter has gone, and only the call to find a course is open.
    """

    reminder_id: int
    certificate_id: int
    person_id: int
    step_days: int
    expires_on: date
    message_id: int
    call_id: int | None
    went: bool = False


@dataclass(frozen=True)
class Due:
    """A reminder that falls due: one line of `reminders preview`. reason: why it sends nothing."""

    person_id: int
    certificate_id: int
    kind_id: int
    step_days: int
    expires_on: date
    due_on: date
    channel: str | None
    reason: Skip | None = None


@dataclass(frozen=True)
class KindFacts:
    """What a letter says of a certificate's kind."""

    name: str
    awarding_body: str


@dataclass(frozen=True)
class Position:
    """A point on the National Grid, in metres, and how far (km) the person would go from it."""

    easting: int
    northing: int
    travel_km: int


@dataclass(frozen=True)
class Contact:
    """Somebody to ring or write to. failed: why the letter could not be delivered, else None.

    purpose: what it is for; for a reminder, certificates and runs are as the letter names them
    (app.reminders.letters).
    """

    message_id: int
    person_id: int
    name: str
    purpose: str
    channel: Channel
    address: str
    failed: str | None
    certificates: tuple[dict[str, Any], ...]
    runs: tuple[dict[str, Any], ...]
    since: date

    @property
    def by_email(self) -> bool:
        """They are on the list although they have an email address: no free course is near."""
        return "@" in self.address


@dataclass(frozen=True)
class Upcoming:
    """A step that will fall due."""

    certificate_id: int
    person_id: int
    name: str
    kind: str
    expires_on: date
    step_days: int
    due_on: date


@dataclass(frozen=True)
class Sent:
    """A reminder that became a letter or a call."""

    reminder_id: int
    person_id: int
    name: str
    kind: str
    step_days: int
    expires_on: date
    made_at: datetime
    channel: Channel
    sent_at: datetime | None
    failed: bool
    outcome: str | None


@dataclass(frozen=True)
class Skipped:
    """A reminder that sent nothing, and why."""

    reminder_id: int
    person_id: int
    name: str
    kind: str
    step_days: int
    expires_on: date
    made_at: datetime
    reason: str


@dataclass(frozen=True)
class HeldBack:
    """A reminder that is due today and does not go yet: what it waits for may still change."""

    person_id: int
    name: str
    kind: str
    expires_on: date
    due_on: date
    reason: str
