"""Types and limits for the courses room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.core import clock
from app.messages.types import BY_HAND, Channel

MAX_HELD_PLACES = 25  # in one booking
LONGEST_PHONE = 20  # in E.164, which allows 16 characters
MAX_LINK_LENGTH = 300  # of a web address, in characters


class RunState(StrEnum):
    """The state of a run on a given day. It is calculated by `state_of`, never stored."""

    PLANNED = "planned"  # not open for booking yet
    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"  # past its cut-off
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Mark(StrEnum):
    """The attendance that a trainer recorded for one attendee at one session."""

    ATTENDED = "attended"
    PART = "part"
    ABSENT = "absent"


class TrainerAccess(StrEnum):
    """How much of an attendee's details the run's trainer may see, as the attendee chose."""

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
    """The newest letter about an attendee's place, and whether it was delivered.

    `on` is the day it was sent or, for a call or a letter by post, the day a member of staff
    recorded it. `by_hand` is True if a member of staff recorded the outcome.
    """

    kind: str
    channel: Channel
    status: LetterStatus
    on: date | None = None
    by_hand: bool = False

    @property
    def needs_call_or_post(self) -> bool:
        """Return whether a member of staff still has to call or write to the attendee."""
        return self.channel in BY_HAND and self.status is LetterStatus.WAITING


@dataclass(frozen=True)
class SessionTimes:
    """The times of one session, as aware datetimes. The end is exclusive."""

    starts_at: datetime
    ends_at: datetime

    @property
    def day(self) -> date:
        """Return the London date of the session."""
        return clock.london_day(self.starts_at)

    def has_begun(self, at: datetime) -> bool:
        """Return whether the session has begun. Its attendance can be marked from then on."""
        return at >= self.starts_at

    def overlaps(self, other: SessionTimes) -> bool:
        """Return whether the two sessions overlap. Sessions that only touch do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class NewRun:
    """The details of a course run, as the trainer enters them for a new run or a change.

    `trainer_user_id` is None if the actor is the trainer. `accepts_low_minimum` is True if the
    trainer confirmed a `minimum` below the awarding body's recommendation. `reference` is the
    awarding body's course ID.
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
    """One day of a run as entered. A field is None if it was left empty or could not be parsed."""

    on: date | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class RunDraft:
    """A run as entered in the form. A field is None if it was left empty or could not be parsed."""

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
    def of(cls, new: NewRun) -> RunDraft:
        """Return the draft of a run whose details are complete."""
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
        """Return the sessions whose start and end are known and in order."""
        return tuple(
            SessionTimes(each.starts_at, each.ends_at)
            for each in self.days
            if each.starts_at and each.ends_at and each.starts_at < each.ends_at
        )


@dataclass(frozen=True)
class TypeFacts:
    """A course type with its limits, and the certificates that it awards and requires."""

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

    def leads_to(self, kind_id: int) -> bool:
        """Return whether the course gives this kind of certificate, or renews it.

        `queries.leads_to` is the same rule as an SQL condition.
        """
        return kind_id == self.awards_id or kind_id in self.renews_ids


@dataclass(frozen=True)
class RunFacts:
    """A course run as pages show it.

    `taken` is the number of places taken out of `capacity`. `published` is True once the run has
    been opened for booking, even if it was cancelled later.
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
        """Return the London date of the first session."""
        return self.sessions[0].day

    @property
    def last_day(self) -> date:
        """Return the London date of the last session."""
        return self.sessions[-1].day

    @property
    def starts_at(self) -> datetime:
        """Return when the first session begins."""
        return self.sessions[0].starts_at

    @property
    def ends_at(self) -> datetime:
        """Return when the last session ends."""
        return max(each.ends_at for each in self.sessions)

    def has_begun(self, at: datetime) -> bool:
        """Return whether the first session has begun. Places cannot be given up after that."""
        return self.sessions[0].has_begun(at)

    def has_ended(self, at: datetime) -> bool:
        """Return whether the last session has ended. The run can be signed off from then on.

        `app.attendance.queries.has_ended_sql` is the same rule in SQL.
        """
        return at >= self.ends_at


@dataclass(frozen=True)
class NewAttendee:
    """A person without a record who is being added to a run.

    `organisation_id` is the organisation that staff chose. `from_booking_id` is a booking with held
    places, one of which this person takes. `is_somebody_else` is True if they share a name with
    somebody on the run but are another person. `phone` is in E.164.
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
    """An attendee of a run, as the reader of the run's pages may see them.

    `marks` maps each session's ID to its mark. `letter` is the newest letter to them, if there is
    one. `channel` is how they can be contacted now, or None if they cannot be. `silent` is True if
    they asked for no contact.
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
        """Return whether the site cannot contact the attendee, so that staff have to."""
        return self.channel is None and not self.silent


@dataclass(frozen=True)
class HeldPlaces:
    """Places without names that the reader may name or release.

    They are held for an organisation, or for the reader if `organisation` is None.
    """

    booking_id: int
    organisation_id: int | None
    organisation: str | None
    headcount: int


@dataclass(frozen=True)
class UnlistedPlaces:
    """Places that are taken but not listed for the reader.

    They belong to people the reader may not see, to people who chose not to be named, or to nobody
    yet. The page does not say which. `needs` lists, in alphabetical order, the access needs that
    these people let the trainer see. It is empty for every other reader.
    """

    places: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class BookingFacts:
    """A person's place on a run, for their own page and for staff.

    `named` is True if somebody else added the person by name, and the place was linked to their
    record later.
    """

    attendee_id: int
    run: RunFacts
    cancelled_on: date | None
    trainer_reads: TrainerAccess
    named: bool = False


@dataclass(frozen=True)
class Town:
    """A town in the catalogue's filter, with its centre on the National Grid in metres."""

    code: str
    name: str
    easting: int
    northing: int


@dataclass(frozen=True)
class ManagedRun:
    """The data on a run's page for the staff who manage it.

    `sessions` holds pairs of ID and times. `low_numbers_warning` is set if the run has fewer people
    than it needs or than the awarding body recommends.
    """

    run: RunFacts
    roll: tuple[RollEntry, ...]
    held: tuple[HeldPlaces, ...]
    unlisted: UnlistedPlaces
    sessions: tuple[tuple[int, SessionTimes], ...]
    low_numbers_warning: str | None
