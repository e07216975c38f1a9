"""Functions and constants that higher rooms register for lower rooms.

A lower room must not import a higher room. Sometimes a lower room has to show or start something in
a higher room, such as an entry in a person's timeline, a task on the home page or a step after an
approval. The higher room then registers a function here when the application is created, and the
lower room calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
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
    """A list of registered functions that have the same signature.

    Iterating over a hook yields the functions in the order in which they were registered.
    """

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._functions: dict[str, Function] = {}

    def register(self, function: Function) -> Function:
        """Register `function`.

        If it is already registered, it is replaced, because tests create many applications.
        """
        self._functions[f"{function.__module__}.{function.__qualname__}"] = function
        return function

    def __iter__(self) -> Any:
        return iter(self._functions.values())


@dataclass(frozen=True)
class TimelineEntry:
    """An entry in a person's history, in words for staff.

    `at` is the time of the entry, if known. `when` describes the date if the day is not known.
    """

    on: date
    text: str
    kind: str  # "registration", "certificate", "course", "message", "assignment", ...
    url: str | None = None
    at: datetime | None = None
    when: str | None = None


def sort_newest_first(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """Return entries sorted by day and time, newest first.

    On the same day, entries without a time come first. At the same time, a message comes before its
    cause, and otherwise the order of the entries is reversed.
    """

    def sort_key(numbered: tuple[int, TimelineEntry]) -> tuple[date, bool, datetime, bool, int]:
        place, entry = numbered
        return entry.on, entry.at is None, entry.at or NEVER, entry.kind == "message", place

    return [entry for _, entry in sorted(enumerate(entries), key=sort_key, reverse=True)]


@dataclass(frozen=True)
class Panel:
    """A template and its data for a part of a person's page or `/me`, from a higher room."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


@dataclass(frozen=True)
class ProgressStep:
    """A step in a champion's progress, shown on the champion's own page.

    `status` is one of the statuses in a GOV.UK task list.
    """

    title: str
    status: str  # "completed", "in_progress", "incomplete", "cannot_start", "problem"
    url: str | None = None
    hint: str | None = None
    order: int = 50


@dataclass(frozen=True)
class ToDo:
    """A task on an actor's home page, such as “Approve 3 people”.

    If `first` is True, the task comes before all others, including urgent tasks.
    """

    text: str
    count: int
    url: str
    order: int = 50
    urgent: bool = False
    first: bool = False


@dataclass(frozen=True)
class NavigationItem:
    """An item in the service navigation for actors with `permission`.

    Items with the permission "public" are shown to everybody. For staff, they are under “More”. If
    `more` is True, the item also moves there when the line has no room for all items.
    """

    label: str | LazyString
    endpoint: str
    permission: str
    order: int
    more: bool = False


@dataclass(frozen=True)
class Gap:
    """A shortage of people in a target or band. A need can be suggested from it.

    `network` is a slug, or None for any network. `source` is "target:<slug>", "target:<slug>:<area
    code>" if the gap is divided between areas, or "band:<code>". `why` is a sentence for the
    coordinator.
    """

    area_code: str
    area_name: str
    network: str | None
    places: int
    source: str
    why: str


class SignInState(StrEnum):
    """The state of a person who could sign in with an email address."""

    IN = "in"
    WAITING = "waiting"
    UNCONFIRMED = "unconfirmed"
    DECLINED = "declined"
    LEFT = "left"


@dataclass(frozen=True)
class SignInCandidate:
    """A person who can or could sign in with an email address.

    `user_id` is the ID of the person's user, or None. `subject` is the subject of a sign-in link,
    and the argument of `user_of_subject`. `address` is the email address as we store it.
    `confirm_purpose`, `confirm_subject` and `confirm_lifetime` are for the link that confirms the
    person's registration. `choice_subject` is for a link with which the owner of the mailbox
    selects one of several registrations.
    """

    person_id: int
    name: str
    user_id: int | None
    state: SignInState
    subject: str
    address: str
    confirm_purpose: str
    confirm_subject: str
    choice_subject: str
    confirm_lifetime: timedelta

    @property
    def may_sign_in(self) -> bool:
        """Return whether this person is allowed to sign in. Only members and applicants are."""
        return self.state in (SignInState.IN, SignInState.WAITING)


@dataclass(frozen=True)
class ImportedTraining:
    """A person's training, imported from a partner's list.

    `kind` is the slug of the certificate kind. `awarded_on` is the earliest possible day, and
    `known` says how exact it is (day, month, year, unknown). If `refresher` is True, the training
    renews all certificates of the same family that the person holds.
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
    """The result of recording imported training.

    `certificates` is the number of new certificates. `to_check` has the refreshers that a
    coordinator has to check, because the person has no known certificate to renew.
    """

    certificates: int
    to_check: Sequence[ImportedTraining] = ()


@dataclass(frozen=True)
class PeopleFilter:
    """A filter from a higher room for the list of people.

    `name` is the parameter in the query string. `choices` are pairs of value and label. `matching`
    takes a value and a day, and returns a select of the IDs of the matching people.
    """

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    matching: Callable[[str, date], Any]


class ActorFacts(Protocol):
    """A function that returns a room's facts about a signed-in user, as arguments of Actor."""

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
todos: Hook[Callable[[Actor, date], Sequence[ToDo]]] = Hook("tasks for an actor: (actor, today)")
navigation: Hook[Callable[[], Sequence[NavigationItem]]] = Hook("items in the navigation")
gaps: Hook[Callable[[Actor, date], Sequence[Gap]]] = Hook(
    "shortages of people in targets and bands: (actor, today)"
)
on_approved: Hook[Callable[[Actor, int], None]] = Hook("after a person is approved")
on_protected: Hook[Callable[[Actor, int], None]] = Hook(
    "after a person asked us not to keep a postcode: remove every copy (actor, person id)"
)
on_general_ended: Hook[Callable[[Actor, int], None]] = Hook(
    "after a person stops being a general champion: (actor, person id)"
)
lock_for_merge: Hook[Callable[[Collection[int]], None]] = Hook(
    "before people are merged, or a merge is undone: lock what must be locked after people and "
    "before all other rows (ids of the people, who are locked)"
)
on_merged: Hook[Callable[[Actor, int, int], None]] = Hook(
    "when a record is merged into another one: end or move what both have (actor, id of the record "
    "that is closed, id of the other). All other rows are moved afterwards"
)
on_merge_undone: Hook[Callable[[Actor, int, int], None]] = Hook(
    "after the merge of two records was undone and their rows restored: (actor, id of the record "
    "that had been closed, id of the other)"
)
on_attendee_removed: Hook[Callable[[Actor, int], None]] = Hook(
    "before staff remove an attendee from a run, which is locked: (actor, attendee id)"
)
on_run_cancelled: Hook[Callable[[int], None]] = Hook("after a course run was cancelled: (run id)")
told_if_cancelled: Hook[Callable[[int], Collection[int]]] = Hook(
    "attendees who are told by `on_run_cancelled` because they are linked to a record: (run id) → "
    "attendee ids"
)
on_paused: Hook[Callable[[Actor, int], None]] = Hook(
    "after we paused a person: stop waiting messages that request something (actor, person id)"
)
on_left: Hook[Callable[[Actor, int, str], None]] = Hook(
    "after a person left or was removed: (actor, person id, reason)"
)
sign_in_candidates: Hook[Callable[[str, int], Sequence[SignInCandidate]]] = Hook(
    "people who sign in or could sign in with an email address: (address, id of its user, or 0) → "
    "most likely first. The same statements run for every address"
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
    "people whose wards the postcode directory can confirm: (actor, whether to confirm them) → "
    "number of people"
)
training_kinds: Hook[Callable[[str], str | None]] = Hook(
    "the slug of the certificate kind that a course leads to: (course as written)"
)
on_imported_training: Hook[Callable[[Actor, Sequence[ImportedTraining]], RecordedTraining]] = Hook(
    "training on a partner's list: add new training → what was recorded"
)
hidden_places: Hook[Callable[[Scope, date], Any]] = Hook(
    "places that would reveal what a reader is not allowed to see on a day: a condition on Presence"
)
hidden_messages: Hook[Callable[[Scope], Any]] = Hook(
    "messages about something that a reader is not allowed to see: a condition on Message"
)
obsolete_messages: Hook[Callable[[date], Any]] = Hook(
    "messages that are no longer needed on a day, so staff do not have to pass them on: a "
    "condition on Message"
)
hidden_actors: Hook[Callable[[Scope], Any]] = Hook(
    "users whose work would reveal what a reader is not allowed to see: a condition on AuditEntry"
)
hidden_entries: Hook[Callable[[Scope], Any]] = Hook(
    "actions on something that a reader is not allowed to see: a condition on AuditEntry"
)
readable_writers: Hook[Callable[[Scope, Iterable[int | None]], frozenset[int | None]]] = Hook(
    "the users, among those given, whose notes about people a reader is allowed to read"
)
people_filters: Hook[Callable[[], Sequence[PeopleFilter]]] = Hook(
    "filters that higher rooms add to the list of people"
)
contact_decisions: Hook[Callable[[Sequence[Any]], Sequence[Any]]] = Hook(
    "recipients → one ContactDecision each, from their wishes about contact (app.messages.types)"
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
