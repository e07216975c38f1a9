"""What higher rooms register with lower ones.

A lower room never imports a higher one. Where it must show or set off something of theirs (a
person's timeline, the home page, what follows an approval), the higher room registers a function
here when the application is made, and the lower room asks the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response

from app.core.actor import Actor, Scope

Function = TypeVar("Function", bound=Callable[..., Any])
NEVER = datetime.min.replace(tzinfo=UTC)


class Hook(Generic[Function]):
    """Functions of one shape that rooms register; they are called in the order of registration."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._functions: dict[str, Function] = {}

    def register(self, function: Function) -> Function:
        """Hang `function`; hanging the same one again replaces it (tests make many apps)."""
        self._functions[f"{function.__module__}.{function.__qualname__}"] = function
        return function

    def __iter__(self) -> Any:
        return iter(self._functions.values())


@dataclass(frozen=True)
class TimelineEntry:
    """One dated line of a person's history, in words for staff. at: the instant, where known."""

    on: date
    text: str
    kind: str  # "registration", "certificate", "course", "message", "assignment", ...
    url: str | None = None
    at: datetime | None = None


def newest_first(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """A history to read from the top: by day, within a day by instant.

    What only has its day stands above the instants of that day. Of one moment, a message stands
    above what caused it, and what is told later above what is told before.
    """

    def when(told: tuple[int, TimelineEntry]) -> tuple[date, bool, datetime, bool, int]:
        place, entry = told
        return entry.on, entry.at is None, entry.at or NEVER, entry.kind == "message", place

    return [entry for _, entry in sorted(enumerate(entries), key=when, reverse=True)]


@dataclass(frozen=True)
class Panel:
    """A part of a person's page (or of `/me`) that a higher room draws: a template and its data."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


@dataclass(frozen=True)
class OwnStep:
    """A line of a champion's own "how far I am": status as the task list's macro names them."""

    title: str
    status: str  # "completed", "in_progress", "incomplete", "cannot_start", "problem"
    url: str | None = None
    hint: str | None = None
    order: int = 50


@dataclass(frozen=True)
class ToDo:
    """Something on the home page that waits for this actor: 'Approve 3 people'.

    first: it comes before everything else, also before what is urgent.
    """

    text: str
    count: int
    url: str
    order: int = 50
    urgent: bool = False
    first: bool = False


@dataclass(frozen=True)
class NavigationItem:
    """An entry of the service navigation for those who hold `permission`.

    permission "public": for everybody; staff find it under “More”. more: it goes there too where
    there are too many entries for one line.
    """

    label: str | LazyString
    endpoint: str
    permission: str
    order: int
    more: bool = False


@dataclass(frozen=True)
class Gap:
    """Places that a target or band still lacks, from which a need can be suggested.

    area_code: where; network: slug or None for any; places: how many; source: "target:<slug>"
    ("target:<slug>:<area code>" where a gap is shared out over areas) or "band:<code>"; why: a
    sentence for the coordinator.
    """

    area_code: str
    area_name: str
    network: str | None
    places: int
    source: str
    why: str


class Stands(StrEnum):
    """The state of somebody whose address is asked about."""

    IN = "in"
    WAITING = "waiting"
    UNCONFIRMED = "unconfirmed"
    DECLINED = "declined"
    LEFT = "left"


@dataclass(frozen=True)
class Standing:
    """Somebody who signs in at an address, or could.

    user_id: the user that they sign in as, None while nobody does. subject: what a link to sign in
    opens for them, to be handed to `let_in`. address: as we know it. confirm_purpose,
    confirm_lifetime: of the link that confirms their registration.
    """

    person_id: int
    name: str
    user_id: int | None
    stands: Stands
    subject: str
    address: str
    confirm_purpose: str
    confirm_lifetime: timedelta

    @property
    def may_sign_in(self) -> bool:
        """Whether they may: they are in the network, or wait for a decision."""
        return self.stands in (Stands.IN, Stands.WAITING)


@dataclass(frozen=True)
class ImportedTraining:
    """Training of a person on a partner's list.

    kind: slug of the certificate kind. awarded_on: the earliest day it can have been, as exactly as
    `known` says (day, month, year, unknown).
    """

    person_id: int
    kind: str
    awarded_on: date | None
    known: str
    provider: str | None
    number: str | None = None


@dataclass(frozen=True)
class PeopleFilter:
    """A filter of the list of people that a higher room adds.

    name: in the address. choices: (value, label). matching: (value, on) → a select of the ids of
    people who match on a day.
    """

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    matching: Callable[[str, date], Any]


class ActorFacts(Protocol):
    """What a room knows about a signed-in user: keyword arguments of Actor."""

    def __call__(self, user_id: int, on: date) -> dict[str, Any]: ...


actor_facts: Hook[ActorFacts] = Hook("what rooms add to an Actor: person_id, network_ids …")
timeline: Hook[Callable[[Actor, int], Sequence[TimelineEntry]]] = Hook(
    "a person's history: (actor, person id)"
)
person_panels: Hook[Callable[[Actor, int], Sequence[Panel]]] = Hook(
    "parts of a person's page for staff: (actor, person id)"
)
own_panels: Hook[Callable[[Actor, int], Sequence[Panel]]] = Hook(
    "parts of a champion's own page: (actor, person id)"
)
own_steps: Hook[Callable[[Actor, int], Sequence[OwnStep]]] = Hook(
    "how far a champion is, on their own page: (actor, person id)"
)
todos: Hook[Callable[[Actor, date], Sequence[ToDo]]] = Hook("what waits for an actor today")
navigation: Hook[Callable[[], Sequence[NavigationItem]]] = Hook("entries of the navigation")
gaps: Hook[Callable[[Actor, date], Sequence[Gap]]] = Hook("what targets and bands still lack")
on_approved: Hook[Callable[[Actor, int], None]] = Hook("after a person is approved")
on_protected: Hook[Callable[[Actor, int], None]] = Hook(
    "after a person asked not to keep a postcode: remove every copy (actor, person id)"
)
on_general_ended: Hook[Callable[[Actor, int], None]] = Hook(
    "Follows when somebody stops being a general champion: actor, person's id."
)
on_merged: Hook[Callable[[Actor, int, int], None]] = Hook(
    "a registration is merged into somebody's record: what is its becomes theirs (actor, its id, "
    "their id)"
)
on_paused: Hook[Callable[[Actor, int], None]] = Hook(
    "after a person was paused by us: what waits and asks them for something must not go"
)
on_left: Hook[Callable[[Actor, int, str], None]] = Hook("after a person left or was removed")
standing: Hook[Callable[[str, int], Sequence[Standing]]] = Hook(
    "who signs in at an address, or could: (address, id of the user who does, or 0) → the likeliest"
    " first; the same statements for every address"
)
let_in: Hook[Callable[[str], int | None]] = Hook(
    "somebody proved their mailbox by a link for this subject of a Standing → their user's id"
)
on_offer_accepted: Hook[Callable[[Actor, int, int], None]] = Hook(
    "somebody accepted to act for an organisation: (inviter, organisation id, user id)"
)
on_sign_in_changed: Hook[Callable[[int, str], None]] = Hook(
    "how somebody signs in changed, and the letter to this address says so: tell the other ways in "
    "which we know them (user id, address)"
)
ward_confirmations: Hook[Callable[[Actor, bool], int]] = Hook(
    "people whose wards the postcode directory can confirm: (actor, confirm them now) → how many"
)
training_kinds: Hook[Callable[[str], str | None]] = Hook(
    "the certificate kind (slug) that a course leads to, as somebody wrote it"
)
on_imported_training: Hook[Callable[[Actor, Sequence[ImportedTraining]], int]] = Hook(
    "training on a partner's list → how many certificates are new; what is known is passed over"
)
unseen_places: Hook[Callable[[Scope, date], Any]] = Hook(
    "places of people that follow from what a reader may not see on a day: a condition on Presence"
)
unseen_messages: Hook[Callable[[Scope], Any]] = Hook(
    "messages about something that a reader may not see: a condition on Message"
)
unseen_doers: Hook[Callable[[Scope], Any]] = Hook(
    "users whose work with people tells of what a reader may not see: a condition on AuditEntry"
)
unseen_entries: Hook[Callable[[Scope], Any]] = Hook(
    "what was done to something that a reader may not see: a condition on AuditEntry"
)
readable_writers: Hook[Callable[[Scope, Iterable[int | None]], frozenset[int | None]]] = Hook(
    "of users who wrote something about people, those whose words a reader may read"
)
people_filters: Hook[Callable[[], Sequence[PeopleFilter]]] = Hook(
    "filters that higher rooms add to the list of people"
)
addressing: Hook[Callable[[Sequence[Any]], Sequence[Any]]] = Hook(
    "what their wishes mean for messages: recipients → a ruling each (app.messages.types)"
)
on_done_by_hand: Hook[Callable[[Actor, str, int | None], None]] = Hook(
    "a message was done by hand: (actor, letter, person id)"
)
known_words: Hook[Callable[[], Iterable[str]]] = Hook(
    "names that somebody who guesses passwords of this site would try first"
)
readiness: Hook[Callable[[], dict[str, Any]]] = Hook("parts of /readyz: name → facts with `ok`")
short_sessions: Hook[Callable[[int], bool]] = Hook(
    "whether a user's sessions end after an hour and with the browser: (user id)"
)
on_exit: Hook[Callable[[Response], None]] = Hook("what “Exit this page” clears from the browser")
on_exit_offline: Hook[Callable[[Response], None]] = Hook(
    "the same while the database is out of reach: without a statement"
)
nightly: Hook[Callable[[date], Any]] = Hook(
    "what is done every night, in a savepoint each: (today) → what was done, for the log"
)
