"""Types for the reminders room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from app.certificates.types import DatePrecision
from app.messages.types import Channel
from app.people.state import FAILED_CALLS


class SkipReason(StrEnum):
    """The reason why a due reminder is not sent.

    The values are stored in the database. `wording` has the text that users see.
    """

    LATER_STEP_DUE = "a later step is due"
    TOO_LATE = "more than 30 days late"
    EXPIRED_WHEN_RECORDED = "the certificate had lapsed when it was recorded"
    RENEWED = "renewed"
    REVOKED = "revoked"
    LEFT = "left"
    AWAY = "away"
    NOT_APPROVED = "not approved"
    NOTICE_NOT_GIVEN = "the privacy notice has not been given yet"
    NO_CONTACT = "there is no way to reach the person"
    NOT_CONTACTED_BEFORE = "nothing was said to the person before"


# Final reasons are recorded in the database. Other reasons may change, so they are checked daily.
FINAL_REASONS = frozenset(
    {
        SkipReason.LATER_STEP_DUE,
        SkipReason.TOO_LATE,
        SkipReason.EXPIRED_WHEN_RECORDED,
        SkipReason.RENEWED,
        SkipReason.REVOKED,
        SkipReason.LEFT,
    }
)
EXPIRY_CHANGED = "the expiry date changed"
REISSUED = "included in a newer message"
BOOKING_CHANGED = "a renewal was booked or given up"
# Reminders that were voided for one of these reasons can become due again.
REVERSIBLE_REASONS = frozenset(
    {SkipReason.AWAY.value, SkipReason.NOT_APPROVED.value, REISSUED, BOOKING_CHANGED}
)


@dataclass(frozen=True)
class CertificateFacts:
    """The data about a certificate that planning needs, as of the day of the plan.

    `steps` are the days before expiry on which reminders are sent. Negative numbers are days after
    expiry. `handled_steps` are the steps already handled for this expiry date. `recorded_on` is the
    day on which the certificate was recorded. `renewed` is True if the person has a certificate
    that expires later, of the same kind or of a kind that includes it.
    """

    certificate_id: int
    person_id: int
    kind_id: int
    expires_on: date
    expiry_known: DatePrecision
    steps: tuple[int, ...]
    recorded_on: date
    handled_steps: frozenset[int] = frozenset()
    renewed: bool = False
    revoked: bool = False
    approved: bool = True
    has_left: bool = False
    away: bool = False  # absent, or suspended by the team
    notice_given: bool = True
    contacted_before: bool = True
    channel: str | None = "email"  # None if the person cannot be contacted


@dataclass(frozen=True)
class WaitingReminder:
    """A reminder with a letter or call that is still waiting and can be voided.

    `letter_sent` is True if the letter was sent and only the call about finding a course is
    waiting, or was voided. `in_doubt` is True if the letter may have been sent. `renewal_run_id` is
    the booked course that the letter names.
    """

    reminder_id: int
    certificate_id: int
    person_id: int
    step_days: int
    expires_on: date
    message_id: int
    call_id: int | None
    letter_sent: bool = False
    in_doubt: bool = False
    renewal_run_id: int | None = None


@dataclass(frozen=True)
class DueReminder:
    """A reminder that is due. `reason` is the reason not to send it, or None."""

    person_id: int
    certificate_id: int
    kind_id: int
    step_days: int
    expires_on: date
    expiry_known: DatePrecision
    due_on: date
    channel: str | None
    reason: SkipReason | None = None


@dataclass(frozen=True)
class KindFacts:
    """The details of a certificate kind for letters."""

    name: str
    awarding_body: str


@dataclass(frozen=True)
class Position:
    """A point on the National Grid in metres, and the distance in km that a person will travel."""

    easting: int
    northing: int
    travel_km: int


@dataclass(frozen=True)
class ContactTask:
    """A message that staff have to pass on by phone or post.

    `failed` is the reason if an email could not be delivered. `maybe_sent` is the day
    of an attempt that may have sent an email. `purpose` describes the message. `certificates` and
    `to_renew` are set only for reminders (see `letters.letter_context`).
    """

    message_id: int
    person_id: int
    name: str
    purpose: str
    channel: Channel
    address: str
    failed: str | None
    maybe_sent: date | None
    certificates: tuple[dict[str, Any], ...]
    to_renew: tuple[dict[str, Any], ...]
    waiting_since: date

    @property
    def is_booked(self) -> bool:
        """Return whether a renewal of each certificate is booked in time."""
        places = [each.get("booked") for each in self.certificates]
        return all(place and not place["late"] for place in places)

    @property
    def has_email_address(self) -> bool:
        """Return whether the address is an email address.

        If it is, the person is on the list because there is no course nearby.
        """
        return "@" in self.address


class ContactResult(StrEnum):
    """The result of an attempt to contact a person."""

    DONE = "done"  # staff spoke or wrote to the person
    LEFT_MESSAGE = "left-message"
    NOT_REACHED = "not-reached"
    STOP = "stop"  # give up after calls have failed


@dataclass(frozen=True)
class ContactOutcome:
    """The outcome of a call or letter, entered by staff.

    `words` describes what happened. `passed_on_ids` are the messages that staff passed on.
    Both are only for DONE. `call_again_on` is only for LEFT_MESSAGE.
    """

    result: ContactResult
    words: str = ""
    passed_on_ids: frozenset[int] = frozenset()
    call_again_on: date | None = None


@dataclass(frozen=True)
class Call:
    """A call that did not reach the person."""

    on: date
    left_message: bool
    call_again_on: date | None = None


@dataclass(frozen=True)
class ContactEntry:
    """A person to call or write to, with the messages to pass on, longest waiting first.

    `calls` are the failed calls since the first of these messages.
    """

    person_id: int
    name: str
    tasks: tuple[ContactTask, ...]
    calls: tuple[Call, ...] = ()

    @property
    def message_id(self) -> int:
        """Return the ID of the message that has waited longest."""
        return self.tasks[0].message_id

    @property
    def waiting_since(self) -> date:
        """Return the day on which the person was added to the list."""
        return self.tasks[0].waiting_since

    @property
    def can_stop(self) -> bool:
        """Return whether calls on two different days have failed."""
        return len({call.on for call in self.calls if not call.left_message}) >= FAILED_CALLS


@dataclass(frozen=True)
class UpcomingReminder:
    """A reminder that is not due yet."""

    certificate_id: int
    person_id: int
    name: str
    kind_id: int
    kind: str
    expires_on: date
    expiry_known: DatePrecision
    step_days: int
    due_on: date


@dataclass(frozen=True)
class SentReminder:
    """A reminder with a letter or a call."""

    reminder_id: int
    person_id: int
    name: str
    kind: str
    step_days: int
    expires_on: date
    expiry_known: DatePrecision
    made_at: datetime
    channel: Channel
    sent_at: datetime | None
    failed: bool
    maybe_sent: bool
    outcome: str | None


@dataclass(frozen=True)
class SkippedReminder:
    """A reminder that was not sent, with the stored reason."""

    reminder_id: int
    person_id: int
    name: str
    kind: str
    step_days: int
    expires_on: date
    expiry_known: DatePrecision
    made_at: datetime
    reason: str


@dataclass(frozen=True)
class HeldBackReminder:
    """A reminder that is due today but held back for a temporary reason."""

    person_id: int
    name: str
    kind: str
    expires_on: date
    expiry_known: DatePrecision
    due_on: date
    reason: str
