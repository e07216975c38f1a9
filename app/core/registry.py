"""Functions and facts that higher rooms register for lower ones.

A lower room never imports a higher one. Some lower rooms must show or start something that belongs
to a higher room, such as an entry in a person's timeline, a task on the home page or a step after
an approval. The higher room registers a function for this here when the application is made, and
the lower room calls the registry.
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
    """Functions with one signature that rooms register.

    They are called in the order of registration.
    """

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._functions: dict[str, Function] = {}

    def register(self, function: Function) -> Function:
        """Register `function`.

        Registering it again replaces it, because tests make many applications.
        """
        self._functions[f"{function.__module__}.{function.__qualname__}"] = function
        return function

    def __iter__(self) -> Any:
        return iter(self._functions.values())


@dataclass(frozen=True)
class TimelineEntry:
    """One dated line of a person's history, worded for staff.

    `at` is the instant, where it is known. `when` is the date in words if the day is not known.
    """

    on: date
    text: str
    kind: str  # "registration", "certificate", "course", "message", "assignment", ...
    url: str | None = None
    at: datetime | None = None
    when: str | None = None


def newest_first(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """Return a history sorted newest first, by day and then by instant.

    On the same day, entries without an instant come above those with one. At the same instant, a
    message comes above its cause, and entries given later come above those given earlier.
    """

    def when(numbered: tuple[int, TimelineEntry]) -> tuple[date, bool, datetime, bool, int]:
        place, entry = numbered
        return entry.on, entry.at is None, entry.at or NEVER, entry.kind == "message", place

    return [entry for _, entry in sorted(enumerate(entries), key=when, reverse=True)]


@dataclass(frozen=True)
class Panel:
    """A part of a person's page, or of `/me`, that a higher room draws: a template and its data."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


@dataclass(frozen=True)
class ProgressStep:
    """A step of a champion's progress, on their own page.

    `status` is one of the task list's values.
    """

    title: str
    status: str  # "completed", "in_progress", "incomplete", "cannot_start", "problem"
    url: str | None = None
    hint: str | None = None
    order: int = 50


@dataclass(frozen=True)
class ToDo:
    """A task on the home page for this actor: “Approve 3 people”.

    With `first`, it comes before all others, including urgent ones.
    """

    text: str
    count: int
    url: str
    order: int = 50
    urgent: bool = False
    first: bool = False


@dataclass(frozen=True)
class NavigationItem:
    """An entry of the service navigation for actors with `permission`.

    The permission "public" shows it to everybody, and to staff under “More”. With `more`, it also
    moves there when one line is too short for all entries.
    """

    label: str | LazyString
    endpoint: str
    permission: str
    order: int
    more: bool = False


@dataclass(frozen=True)
class Gap:
    """Places that a target or band still lacks, from which a need can be suggested.

    `network` is a slug, or None for any network. `source` is "target:<slug>", "target:<slug>:<area
    code>" where a gap is divided between areas, or "band:<code>". `why` is a sentence for the
    coordinator.
    """

    area_code: str
    area_name: str
    network: str | None
    places: int
    source: str
    why: str


class SignInState(StrEnum):
    """The state of a person who may sign in with an email address."""

    IN = "in"
    WAITING = "waiting"
    UNCONFIRMED = "unconfirmed"
    DECLINED = "declined"
    LEFT = "left"


@dataclass(frozen=True)
class SignInCandidate:
    """A person who signs in, or could sign in, with an email address.

    `user_id` is their user, or None if they have none yet. `subject` is the subject of a link that
    signs them in, and the argument of `user_of_subject`. `address` is the email address as we store
    it. `confirm_purpose` and `confirm_lifetime` belong to the link that confirms their
    registration.
    """

    person_id: int
    name: str
    user_id: int | None
    state: SignInState
    subject: str
    address: str
    confirm_purpose: str
    confirm_lifetime: timedelta

    @property
    def may_sign_in(self) -> bool:
        """Return whether this person may sign in: only members and applicants may."""
        return self.state in (SignInState.IN, SignInState.WAITING)


@dataclass(frozen=True)
class ImportedTraining:
    """Training that a partner's list gives for a person.

    `kind` is the slug of the certificate kind. `awarded_on` is the earliest possible day, and
    `known` says how exact it is (day, month, year, unknown). A `refresher` renews the kinds of its
    family that the person holds.
    """

    person_id: int
    kind: str
    awarded_on: date | None
    known: str
    provider: str | None
    number: str | None = None
    refresher: bool = False


@dataclass(frozen=True)
class RecordedTraining:
    """What was recorded of imported training.

    `certificates` counts the new certificates. `to_check` holds refreshers that renew nothing the
    person is known to hold, which a coordinator has to check.
    """

    certificates: int
    to_check: Sequence[ImportedTraining] = ()


@dataclass(frozen=True)
class PeopleFilter:
    """A filter that a higher room adds to the list of people.

    `name` is its name in the query string. `choices` are pairs of value and label. `matching` takes
    a value and a day, and returns a select of the ids of the people who match on that day.
    """

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    matching: Callable[[str, date], Any]


class ActorFacts(Protocol):
    """A room's facts about a signed-in user, as keyword arguments of Actor."""

    def __call__(self, user_id: int, on: date) -> dict[str, Any]: ...


actor_facts: Hook[ActorFacts] = Hook("facts that rooms add to an Actor: person_id, network_ids …")
timeline: Hook[Callable[[Actor, int], Sequence[TimelineEntry]]] = Hook(
    "a person's history: (actor, person id)"
)
person_panels: Hook[Callable[[Actor, int], Sequence[Panel]]] = Hook(
    "parts of a person's page for staff: (actor, person id)"
)
organisation_panels: Hook[Callable[[Actor, str, date], Sequence[Panel]]] = Hook(
    "parts of an organisation's page: (actor, name, today)"
)
own_panels: Hook[Callable[[Actor, int], Sequence[Panel]]] = Hook(
    "parts of a champion's own page: (actor, person id)"
)
progress_steps: Hook[Callable[[Actor, int], Sequence[ProgressStep]]] = Hook(
    "steps of a champion's progress, on their own page: (actor, person id)"
)
todos: Hook[Callable[[Actor, date], Sequence[ToDo]]] = Hook("tasks for an actor today")
navigation: Hook[Callable[[], Sequence[NavigationItem]]] = Hook("entries of the navigation")
gaps: Hook[Callable[[Actor, date], Sequence[Gap]]] = Hook(
    "places that targets and bands still lack"
)
on_approved: Hook[Callable[[Actor, int], None]] = Hook("after a person is approved")
on_protected: Hook[Callable[[Actor, int], None]] = Hook(
    "after a person asked us not to keep a postcode: remove every copy (actor, person id)"
)
on_general_ended: Hook[Callable[[Actor, int], None]] = Hook(
    "after a person stops being a general champion: (actor, person id)"
)
on_merged: Hook[Callable[[Actor, int, int], None]] = Hook(
    "when a record is merged into another one: end or move what both have (actor, id of the record "
    "that is closed, id of the other). All other rows are moved afterwards"
)
on_paused: Hook[Callable[[Actor, int], None]] = Hook(
    "after we paused a person: stop waiting messages that request something (actor, person id)"
)
on_left: Hook[Callable[[Actor, int, str], None]] = Hook("after a person left or was removed")
sign_in_candidates: Hook[Callable[[str, int], Sequence[SignInCandidate]]] = Hook(
    "people who sign in, or could, with an email address: (address, id of its user, or 0) → most "
    "likely first. The same statements run for every address"
)
user_of_subject: Hook[Callable[[str], int | None]] = Hook(
    "after a person used a link in their mailbox: (subject of a SignInCandidate) → their user's id"
)
on_offer_accepted: Hook[Callable[[Actor, int, int], None]] = Hook(
    "after a person agreed to act for an organisation: (inviter, organisation id, user id)"
)
on_signed_in: Hook[Callable[[Actor], None]] = Hook("after a user signed in")
on_sign_in_changed: Hook[Callable[[int, str], None]] = Hook(
    "after a letter to this address said that how a user signs in has changed: send it to their "
    "other addresses too (user id, address)"
)
ward_confirmations: Hook[Callable[[Actor, bool], int]] = Hook(
    "people whose wards the postcode directory can confirm: (actor, confirm them now) → how many"
)
training_kinds: Hook[Callable[[str], str | None]] = Hook(
    "the slug of the certificate kind that a course leads to: (course as written)"
)
on_imported_training: Hook[Callable[[Actor, Sequence[ImportedTraining]], RecordedTraining]] = Hook(
    "training on a partner's list: add new training → what was recorded"
)
hidden_places: Hook[Callable[[Scope, date], Any]] = Hook(
    "places that would reveal what a reader may not see on a day: a condition on Presence"
)
hidden_messages: Hook[Callable[[Scope], Any]] = Hook(
    "messages about something that a reader may not see: a condition on Message"
)
passed_reasons: Hook[Callable[[date], Any]] = Hook(
    "messages that nobody needs any more on a day, so that staff need not pass them on: a "
    "condition on Message"
)
hidden_actors: Hook[Callable[[Scope], Any]] = Hook(
    "users whose work would reveal what a reader may not see: a condition on AuditEntry"
)
hidden_entries: Hook[Callable[[Scope], Any]] = Hook(
    "actions on something that a reader may not see: a condition on AuditEntry"
)
readable_writers: Hook[Callable[[Scope, Iterable[int | None]], frozenset[int | None]]] = Hook(
    "which of these users' notes about people a reader may read"
)
people_filters: Hook[Callable[[], Sequence[PeopleFilter]]] = Hook(
    "filters that higher rooms add to the list of people"
)
contact_rulings: Hook[Callable[[Sequence[Any]], Sequence[Any]]] = Hook(
    "recipients → one Ruling each, from their wishes about contact (app.messages.types)"
)
on_done_by_hand: Hook[Callable[[Actor, str, int | None], None]] = Hook(
    "after a call or letter was done by hand: (actor, letter, person id)"
)
guessable_words: Hook[Callable[[], Iterable[str]]] = Hook(
    "names that somebody who guesses passwords for this site would try first"
)
readiness: Hook[Callable[[], dict[str, Any]]] = Hook("checks for /readyz: name → facts with `ok`")
on_exit: Hook[Callable[[Response], None]] = Hook(
    "clear a room's data from the browser for “Exit this page”"
)
on_exit_offline: Hook[Callable[[Response], None]] = Hook(
    "clear the same data without a statement, while the database cannot be reached"
)
nightly: Hook[Callable[[date], Any]] = Hook(
    "nightly tasks, each run in a savepoint: (today) → what was done, for the log"
)
