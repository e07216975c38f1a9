"""Words of the courses room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.core import clock
from app.messages.types import BY_HAND, Channel

MOST_AT_ONCE = 25  # places that one booking keeps
LONGEST_LINK = 300  # characters of a web address


class RunState(StrEnum):
    """Derived from instants by `state_of(run, on)`; never stored."""

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


class TrainerReads(StrEnum):
    """What an attendee lets the run's trainer read of them."""

    NAME = "name"  # the name, and what they need to take part
    NEEDS = "needs"  # what they need, without the name
    NOTHING = "nothing"


class LetterStatus(StrEnum):
    """Whether a letter waits, was sent or came back."""

    WAITS = "waits"  # to be sent, or for somebody to ring or write
    SENT = "sent"
    CAME_BACK = "came back"


@dataclass(frozen=True)
class News:
    """The newest letter about somebody's place, and what became of it.

    on: the day it was sent, or somebody rang or wrote. by_hand: somebody noted what came of it.
    """

    letter: str
    channel: Channel
    status: LetterStatus
    on: date | None = None
    by_hand: bool = False

    @property
    def waits_for_somebody(self) -> bool:
        """Whether it needs a hand to reach them."""
        return self.channel in BY_HAND and self.status is LetterStatus.WAITS


@dataclass(frozen=True)
class SessionTimes:
    """One day of a run: aware instants, half-open."""

    starts_at: datetime
    ends_at: datetime

    @property
    def day(self) -> date:
        """London's date."""
        return clock.london_day(self.starts_at)

    def overlaps(self, other: SessionTimes) -> bool:
        """Whether some instant is in both; touching is no overlap."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class NewRun:
    """A course run as the trainer puts it on, or changes it.

    trainer_user_id: None for the actor. accepts_few: the trainer knows that `minimum` is below
    what the awarding body recommends. reference: the awarding body's course ID.
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
    accepts_few: bool = False


@dataclass(frozen=True)
class DraftDay:
    """One day of a run as far as it can be read."""

    on: date | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class RunDraft:
    """A run as far as it can be read: None is what was not typed, or not so that it can be."""

    days: tuple[DraftDay, ...]
    cut_off_on: date | None
    venue: str | None
    capacity: int | None
    exception_reference: str | None
    minimum: int | None
    accepts_few: bool
    trainer_user_id: int | None = None

    @classmethod
    def of(cls, new: NewRun) -> RunDraft:
        """One that can be read throughout."""
        return cls(
            days=tuple(DraftDay(each.day, each.starts_at, each.ends_at) for each in new.sessions),
            cut_off_on=new.cut_off_on,
            venue=new.venue,
            capacity=new.capacity,
            exception_reference=new.exception_reference,
            minimum=new.minimum,
            accepts_few=new.accepts_few,
            trainer_user_id=new.trainer_user_id,
        )

    @property
    def sessions(self) -> tuple[SessionTimes, ...]:
        """The days whose times are known."""
        return tuple(
            SessionTimes(each.starts_at, each.ends_at)
            for each in self.days
            if each.starts_at and each.ends_at and each.starts_at < each.ends_at
        )


@dataclass(frozen=True)
class TypeFacts:
    """A course type: its rules in numbers, and what it leads to in words."""

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


@dataclass(frozen=True)
class RunFacts:
    """A course run as pages show it. taken: places that are gone, of `capacity`; published:
    whether it was ever opened for booking, a cancelled one too.
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
    def left(self) -> int:
        """Places left."""
        return max(0, self.capacity - self.taken)

    @property
    def first_day(self) -> date:
        """London's date of the first session."""
        return self.sessions[0].day

    @property
    def last_day(self) -> date:
        """London's date of the last session."""
        return self.sessions[-1].day


@dataclass(frozen=True)
class NewAttendee:
    """Somebody without a record here whom the trainer adds.

    organisation: its name, as staff choose it. from_booking_id: a booking of that organisation
    whose nameless places one of them takes.
    """

    name: str
    email: str | None = None
    access_needs: str | None = None
    organisation_id: int | None = None
    from_booking_id: int | None = None
    walk_in: bool = False
    trainer_reads: TrainerReads = TrainerReads.NAME


@dataclass(frozen=True)
class OnRoll:
    """Somebody on a run, as the reader of the run's pages may see them.

    marks: session id → mark. news: what became of the newest letter to them; None: there is none.
    channel: how they would be told now; None: they can't be reached. silent: they want no contact.
    """

    attendee_id: int
    person_id: int | None
    name: str
    organisation: str | None
    walk_in: bool
    access_needs: str | None
    marks: dict[int, Mark]
    news: News | None
    channel: Channel | None
    silent: bool

    @property
    def unreached(self) -> bool:
        """Whether nothing reaches them, so that whoever manages the run has to tell them."""
        return self.channel is None and not self.silent


@dataclass(frozen=True)
class HeldPlaces:
    """Places that have no names yet, which the reader may name and give back: an organisation's, or
    (organisation: None) their own.
    """

    booking_id: int
    organisation_id: int | None
    organisation: str | None
    headcount: int


@dataclass(frozen=True)
class Unlisted:
    """Places that are taken, of which the reader learns no more: of people whom they may not read,
    who did not want to be named, or who have no name yet. The three are never told apart.

    needs: what some of these people need to take part and let the trainer read, in alphabetical
    order; empty for anybody but the trainer.
    """

    places: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class BookingFacts:
    """A person's place on a run, for their own page and for staff."""

    attendee_id: int
    run: RunFacts
    cancelled_on: date | None
    trainer_reads: TrainerReads


@dataclass(frozen=True)
class FreeRun:
    """A run that costs nothing and has places left, as letters and other rooms name it."""

    id: int
    name: str
    first_day: date
    venue: str


@dataclass(frozen=True)
class Town:
    """A town that the catalogue can be narrowed to, and where its middle is (metres)."""

    code: str
    name: str
    easting: int
    northing: int


@dataclass(frozen=True)
class ManagedRun:
    """A run's page for who manages it. sessions: (id, times), as marks name them.

    late: of the roll, who can still be marked although the run was signed off, because whoever
    signed it off could not mark them. few: fewer people than the run needs, or than the awarding
    body recommends, in words.
    """

    run: RunFacts
    roll: tuple[OnRoll, ...]
    held: tuple[HeldPlaces, ...]
    unlisted: Unlisted
    late: frozenset[int]
    sessions: tuple[tuple[int, SessionTimes], ...]
    may_sign_off: bool
    few: str | None
