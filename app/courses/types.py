"""Types and limits for courses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.core import clock
from app.messages.types import BY_HAND, Channel

MAX_HELD_PLACES = 25  # in one booking
LONGEST_PHONE = 20  # in E.164, which allows 16 characters
MAX_LINK_LENGTH = 300  # of a URL, in characters


class RunState(StrEnum):
    """The state of a run on a given day. It is calculated by `get_run_state` and never stored."""

    PLANNED = "planned"  # not open for booking yet
    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"  # the cut-off has passed
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Mark(StrEnum):
    """The attendance of an attendee at a session, as recorded by the trainer."""

    ATTENDED = "attended"
    PART = "part"
    ABSENT = "absent"


class TrainerAccess(StrEnum):
    """The details of an attendee that the trainer is allowed to see. The attendee chooses this.

    The members are ordered from the least strict to the strictest.
    """

    NAME = "name"  # the name and the access needs
    NEEDS = "needs"  # the access needs only
    NOTHING = "nothing"


class LetterStatus(StrEnum):
    """The delivery status of a letter."""

    WAITING = "waiting"  # for a delivery, a call or a letter by post
    SENT = "sent"
    CAME_BACK = "came back"


@dataclass(frozen=True)
class LatestLetter:
    """The latest letter about an attendee's place, with its delivery status.

    `on` is the day it was sent. For a call or a letter by post, it is the day on which staff
    recorded the outcome, and `by_hand` is True.
    """

    kind: str
    channel: Channel
    status: LetterStatus
    on: date | None = None
    by_hand: bool = False

    @property
    def needs_call_or_post(self) -> bool:
        """Return whether staff still have to call or write to the attendee."""
        return self.channel in BY_HAND and self.status is LetterStatus.WAITING


@dataclass(frozen=True)
class SessionTimes:
    """The start and end of a session. Both have a time zone. The end is exclusive."""

    starts_at: datetime
    ends_at: datetime

    @property
    def day(self) -> date:
        """Return the date of the session, in London time."""
        return clock.london_day(self.starts_at)

    def has_begun(self, at: datetime) -> bool:
        """Return whether the session has started, so that attendance can be recorded."""
        return at >= self.starts_at

    def overlaps(self, other: SessionTimes) -> bool:
        """Return whether two sessions overlap. A session can start at the time another one ends."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class NewRun:
    """The details of a course run, for a new run or for a change.

    `trainer_user_id` is None if the actor is the trainer. `accepts_low_minimum` is True if the
    trainer accepted a `minimum` below the recommendation. `reference` is the awarding body's ID for
    the run.
    """

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
    reference: str | None = None
    trainer_user_id: int | None = None
    accepts_low_minimum: bool = False


@dataclass(frozen=True)
class DraftDay:
    """A day of a run as entered in the form. Missing and invalid values are None."""

    on: date | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class RunDraft:
    """The details of a run as entered in the form. Missing and invalid values are None."""

    days: tuple[DraftDay, ...]
    cut_off_on: date | None
    venue: str | None
    capacity: int | None
    exception_reference: str | None
    minimum: int | None
    accepts_low_minimum: bool
    trainer_user_id: int | None = None
    venue_postcode: str | None = None
    link: str | None = None

    @classmethod
    def from_run(cls, new: NewRun) -> RunDraft:
        """Return a draft with the details of a run."""
        return cls(
            days=tuple(DraftDay(each.day, each.starts_at, each.ends_at) for each in new.sessions),
            cut_off_on=new.cut_off_on,
            venue=new.venue,
            capacity=new.capacity,
            exception_reference=new.exception_reference,
            minimum=new.minimum,
            accepts_low_minimum=new.accepts_low_minimum,
            trainer_user_id=new.trainer_user_id,
            venue_postcode=new.venue_postcode,
            link=new.link,
        )

    @property
    def sessions(self) -> tuple[SessionTimes, ...]:
        """Return the sessions that have a valid start and end."""
        return tuple(
            SessionTimes(each.starts_at, each.ends_at)
            for each in self.days
            if each.starts_at and each.ends_at and each.starts_at < each.ends_at
        )


@dataclass(frozen=True)
class TypeFacts:
    """A course type with its limits and the certificates that it awards and requires."""

    id: int
    slug: str
    name: str
    description: str
    days: float
    hours: float | None
    minimum: int
    maximum: int
    floor: int
    awards_id: int | None
    awards: str | None
    prerequisite_id: int | None
    prerequisite: str | None
    is_refresher: bool
    renews_ids: tuple[int, ...] = ()  # the family of kinds, for a refresher

    def awards_or_renews(self, kind_id: int) -> bool:
        """Return whether the course awards or renews this kind of certificate.

        `queries.awards_or_renews` is the same rule as an SQL condition.
        """
        return kind_id == self.awards_id or kind_id in self.renews_ids


@dataclass(frozen=True)
class RunFacts:
    """A course run, for display.

    `taken` is the number of places taken out of `capacity`. `published` is True if the run has ever
    been open for booking.
    """

    id: int
    type: TypeFacts
    state: RunState
    sessions: tuple[SessionTimes, ...]
    venue: str
    postcode: str | None
    link: str | None
    minimum: int
    capacity: int
    taken: int
    cut_off_on: date
    fee_pence: int
    exception_reference: str | None
    reference: str | None
    trainer_user_id: int
    trainer: str
    cancel_reason: str | None
    completed_on: date | None
    revision: int
    published: bool

    @property
    def places_left(self) -> int:
        """Return the number of places left."""
        return max(0, self.capacity - self.taken)

    @property
    def first_day(self) -> date:
        """Return the date of the first session, in London time."""
        return self.sessions[0].day

    @property
    def last_day(self) -> date:
        """Return the date of the last session, in London time."""
        return self.sessions[-1].day

    @property
    def starts_at(self) -> datetime:
        """Return the start of the first session."""
        return self.sessions[0].starts_at

    @property
    def ends_at(self) -> datetime:
        """Return the end of the last session."""
        return max(each.ends_at for each in self.sessions)

    def has_begun(self, at: datetime) -> bool:
        """Return whether the first session has started. Places can then no longer be given up."""
        return self.sessions[0].has_begun(at)

    def has_ended(self, at: datetime) -> bool:
        """Return whether the last session has ended, so that the run can be signed off.

        `app.attendance.queries.has_ended_sql` is the same rule as an SQL condition.
        """
        return at >= self.ends_at


@dataclass(frozen=True)
class NewAttendee:
    """A person without a record who is being added to a run.

    `organisation_id` is the organisation that staff chose. `from_booking_id` is a booking with
    unnamed places, one of which is for this person. `is_somebody_else` is True if staff confirmed
    that this is not the person with the same name who is already on the run. `phone` is in E.164
    format.
    """

    name: str
    email: str | None = None
    phone: str | None = None
    access_needs: str | None = None
    organisation_id: int | None = None
    from_booking_id: int | None = None
    walk_in: bool = False
    is_somebody_else: bool = False
    trainer_reads: TrainerAccess = TrainerAccess.NAME


@dataclass(frozen=True)
class RollEntry:
    """An attendee of a run, limited to details that the reader is allowed to see.

    `marks` maps session IDs to attendance. `letter` is the latest letter to the attendee. `channel`
    is how we can contact them, or None if we cannot. `silent` is True if they want no contact.
    """

    attendee_id: int
    person_id: int | None
    name: str
    organisation: str | None
    walk_in: bool
    access_needs: str | None
    marks: dict[int, Mark]
    letter: LatestLetter | None
    channel: Channel | None
    silent: bool

    @property
    def is_unreachable(self) -> bool:
        """Return whether staff have to contact the attendee themselves."""
        return self.channel is None and not self.silent


@dataclass(frozen=True)
class HeldPlaces:
    """Unnamed places that the reader is allowed to name or release.

    They are held for the reader if `organisation` is None.
    """

    booking_id: int
    organisation_id: int | None
    organisation: str | None
    headcount: int


@dataclass(frozen=True)
class UnlistedPlaces:
    """Places that are taken but not listed for the reader.

    They are for hidden people, for people who chose not to be named, or for people whose names have
    not been added yet. The page must not show which of these it is.

    `needs` contains the access needs of these people in alphabetical order, for the trainer only.
    """

    places: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class BookingFacts:
    """A person's place on a run, for display.

    `named` is True if the person was added by name and later linked to their record.
    """

    attendee_id: int
    run: RunFacts
    cancelled_on: date | None
    trainer_reads: TrainerAccess
    named: bool = False


@dataclass(frozen=True)
class Town:
    """A town in the catalogue's filter. Its centre is a National Grid point in metres."""

    code: str
    name: str
    easting: int
    northing: int


@dataclass(frozen=True)
class ManagedRun:
    """A run, for the page on which staff manage it.

    `sessions` contains (ID, times) pairs. `low_numbers_warning` is set if the run has too few
    people.
    """

    run: RunFacts
    roll: tuple[RollEntry, ...]
    held: tuple[HeldPlaces, ...]
    unlisted: UnlistedPlaces
    sessions: tuple[tuple[int, SessionTimes], ...]
    low_numbers_warning: str | None
