"""Find the people affected by a change to a run or by its cancellation.

Pages show only people whose names the reader is allowed to see. When a run changes, hidden people
keep their places, because a lost place would reveal something about them. They are told about the
change, and coordinators who are allowed to see them decide what to do
(`people_no_longer_suitable`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts import queries as users
from app.core import clock, public_ids, words
from app.core.actor import Actor, Scope
from app.core.errors import Conflict
from app.core.permissions import Role
from app.courses import queries, suitability
from app.courses.models import Booking, CourseRun
from app.courses.queries import clashes, holders, rows
from app.courses.suitability import UnsuitableReason
from app.courses.types import HeldPlaces, NewRun, RollEntry, RunFacts, UnlistedPlaces
from app.messages.types import Channel, Recipient
from app.organisations.queries import coordinator_user_ids
from app.people.contact import find_recipient
from app.people.queries import visible_names

HOLDING_ROLES = frozenset({Role.PARTNER, Role.TRAINER, Role.COORDINATOR})


class Choice(StrEnum):
    """What to do with people who cannot attend a run after a change."""

    REMOVE = "remove"  # they lose their place and get a list of other dates
    KEEP = "keep"  # they keep their place for now and are told about the problem


Choices = Mapping[UnsuitableReason, Choice]


@dataclass(frozen=True)
class UnsuitableGroup:
    """People who cannot attend a run after a change, all for the same reason."""

    reason: UnsuitableReason
    people: tuple[RollEntry, ...]


@dataclass(frozen=True)
class UnsuitableLinkedPerson:
    """A person linked to an attendee added by name who cannot attend a run after a change.

    `name` is the name of the attendee, and `person_name` is the name on the person's record.
    `because` is a sentence for staff. `can_be_told` is whether we can contact the person. Trainers
    are not allowed to see these people.
    """

    attendee_id: int
    name: str
    person_id: int
    person_name: str
    because: str
    can_be_told: bool


@dataclass(frozen=True)
class HeldPlacesEffect:
    """Unnamed places affected by a change. `told` contains the names of the users we will email."""

    held: HeldPlaces
    told: tuple[str, ...]

    @property
    def format_told_users(self) -> str:
        """Return the names of the users we will email, as text."""
        return words.join_list(self.told)


@dataclass(frozen=True)
class RunEffects:
    """The people and unnamed places affected by a change or cancellation.

    `people` contains everyone visible to the reader. `unsuitable_groups` contains those who cannot
    attend after the change. `to_call` contains the people that the reader must contact.
    """

    people: tuple[RollEntry, ...]
    unsuitable_groups: tuple[UnsuitableGroup, ...]
    unsuitable_linked_people: tuple[UnsuitableLinkedPerson, ...]
    held: tuple[HeldPlacesEffect, ...]
    unlisted: UnlistedPlaces
    to_call: tuple[RollEntry, ...]

    @property
    def affects_anybody(self) -> bool:
        """Return whether any place on the run is taken."""
        return bool(self.people or self.held or self.unlisted.places)

    @property
    def suitable_people(self) -> tuple[RollEntry, ...]:
        """Return the people who can still attend the run."""
        unfit = {entry.attendee_id for group in self.unsuitable_groups for entry in group.people}
        unfit |= {each.attendee_id for each in self.unsuitable_linked_people}
        return tuple(entry for entry in self.people if entry.attendee_id not in unfit)

    @property
    def people_for_summary(self) -> tuple[RollEntry, ...]:
        """Return the people whose letters are counted in the summary of a change.

        Linked people without an entered email address are told with their record's contact details.
        """
        told = {each.attendee_id for each in self.unsuitable_linked_people if each.can_be_told}
        return tuple(
            entry
            for entry in self.people
            if not (entry.is_unreachable and entry.attendee_id in told)
        )


def apply_change(run: RunFacts, new: NewRun, trainer_user_id: int) -> RunFacts:
    """Return the run with its new days, venue and trainer."""
    name = run.trainer
    if trainer_user_id != run.trainer_user_id:
        found = users.user(trainer_user_id)
        name = found.name if found else ""
    return replace(
        run,
        sessions=new.sessions,
        venue=new.venue,
        postcode=new.venue_postcode,
        link=new.link or None,
        trainer_user_id=trainer_user_id,
        trainer=name,
    )


def details_to_announce(run: RunFacts) -> tuple[object, ...]:
    """Return the details of a run that people must be told about if they change."""
    return run.sessions, run.venue, run.postcode, run.link, run.trainer_user_id


def find_change_effects(
    actor: Actor, row: CourseRun, before: RunFacts, after: RunFacts
) -> RunEffects:
    """Return the people affected by changing the run from `before` to `after`."""
    found = find_cancellation_effects(actor, row)
    linked = tuple(_find_unsuitable_linked_people(actor, found.people, row, before, after))
    told = {each.attendee_id for each in linked if each.can_be_told}
    return replace(
        found,
        unsuitable_groups=tuple(_find_unsuitable_groups(found.people, row, before, after)),
        unsuitable_linked_people=linked,
        to_call=tuple(
            entry
            for entry in found.people
            if (entry.is_unreachable and entry.attendee_id not in told)
            or _needs_call(actor, entry, before, after)
        ),
    )


def find_cancellation_effects(actor: Actor, row: CourseRun) -> RunEffects:
    """Return the people affected by cancelling the run."""
    on = clock.today()
    people = tuple(queries.list_visible_attendees(actor, row, on))
    bookings = {each.id: each for each in rows.held_bookings(row.id)}
    return RunEffects(
        people=people,
        unsuitable_groups=(),
        unsuitable_linked_people=(),
        held=tuple(
            HeldPlacesEffect(
                held,
                tuple(
                    each.name for each in list_booking_holders(actor, bookings[held.booking_id], on)
                ),
            )
            for held in queries.held_places(actor, row)
        ),
        unlisted=queries.unlisted_places(actor, row, on),
        to_call=tuple(entry for entry in people if entry.is_unreachable),
    )


def _find_unsuitable_groups(
    people: Iterable[RollEntry], row: CourseRun, before: RunFacts, after: RunFacts
) -> Iterable[UnsuitableGroup]:
    if before.sessions == after.sessions:
        return
    groups: dict[UnsuitableReason, list[RollEntry]] = defaultdict(list)
    seen = _attendees_with_seen_certificate(row, before, after)
    for entry in people:
        if entry.person_id is None:
            continue
        reason = suitability.find_date_problem(
            entry.person_id, after, earlier_seen=entry.attendee_id in seen
        )
        if reason is not None:
            groups[reason].append(entry)
    for each in UnsuitableReason:
        if groups[each]:
            yield UnsuitableGroup(each, tuple(groups[each]))


def _find_unsuitable_linked_people(
    actor: Actor, people: Iterable[RollEntry], row: CourseRun, before: RunFacts, after: RunFacts
) -> Iterable[UnsuitableLinkedPerson]:
    """Yield the linked people who cannot attend the run after a change.

    Yields nothing for the trainer of the run, who must not learn whether an attendee has a record.
    """
    is_trainer = actor.user_id in (before.trainer_user_id, after.trainer_user_id)
    if before.sessions == after.sessions or is_trainer or not actor.may("attendees:link"):
        return
    linked = holders.linked_people(rows.list_attendees(row.id))
    names = visible_names(Scope.for_actor(actor), set(linked.values()), clock.today())
    seen = _attendees_with_seen_certificate(row, before, after)
    for entry in people:
        person_id = linked.get(entry.attendee_id)
        if person_id is None or person_id not in names:
            continue
        reason = suitability.find_date_problem(
            person_id, after, earlier_seen=entry.attendee_id in seen
        )
        if reason is not None:
            because = suitability.explain_to_staff(reason, after)
            yield UnsuitableLinkedPerson(
                entry.attendee_id,
                entry.name,
                person_id,
                names[person_id],
                because,
                can_be_told=find_recipient(person_id) is not None,
            )


def _attendees_with_seen_certificate(row: CourseRun, before: RunFacts, after: RunFacts) -> set[int]:
    """Return the IDs of attendees whose earlier certificate staff have seen.

    Returns an empty set if the first day changes, because the certificate may have expired by then.
    """
    if before.first_day != after.first_day:
        return set()
    return {each.id for each in rows.list_attendees(row.id) if each.earlier_seen_at is not None}


def _needs_call(actor: Actor, entry: RollEntry, before: RunFacts, after: RunFacts) -> bool:
    """Return whether a coordinator has to call the person about the new trainer.

    The page does not explain why. It lists these people with those who cannot be contacted.
    """
    return (
        Role.COORDINATOR in actor.roles
        and before.trainer_user_id != after.trainer_user_id
        and entry.person_id is not None
        and not entry.silent
        and suitability.has_blocked_trainer(entry.person_id, after.trainer_user_id)
    )


def list_booking_holders(actor: Actor, booking: Booking, on: date) -> list[Recipient]:
    """Return the users to tell about the unnamed places of a booking, except the actor.

    These are the users who act for the organisation, or otherwise the user who held the places.
    """
    ids = (
        coordinator_user_ids(booking.organisation_id, on)
        if booking.organisation_id is not None
        else frozenset()
    )
    active = {user.id: user for user in users.users_with_any_role(HOLDING_ROLES, on)}
    chosen = [each for each in ids if each in active] or [booking.booker_user_id or 0]
    return [
        Recipient(Channel.EMAIL, active[each].email, active[each].name, user_id=each)
        for each in sorted(chosen)
        if each in active and each != actor.user_id
    ]


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of the contents of the page about a change, used to detect later changes."""

    details: str
    held: str
    unsuitable_groups: str
    people: frozenset[str]

    def __str__(self) -> str:
        return "_".join((self.details, self.held, self.unsuitable_groups, *sorted(self.people)))


def make_fingerprint(after: RunFacts, affected: RunEffects) -> Fingerprint:
    """Return the fingerprint of the page about a change."""
    unsuitable_groups: list[object] = [
        (each.reason, [entry.attendee_id for entry in each.people])
        for each in affected.unsuitable_groups
    ]
    unsuitable_groups += [
        (each.attendee_id, each.person_id) for each in affected.unsuitable_linked_people
    ]
    return Fingerprint(
        details=_hash(details_to_announce(after)),
        held=_hash(sorted((each.held.booking_id, each.held.headcount) for each in affected.held)),
        unsuitable_groups=_hash(unsuitable_groups),
        people=frozenset(_person_hash(entry) for entry in affected.people),
    )


def _person_hash(entry: RollEntry) -> str:
    return _hash(public_ids.encode("attendees", entry.attendee_id))


def _hash(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:12]


def reject_if_stale(expected: str | None, run: RunFacts, affected: RunEffects) -> None:
    """Raise Conflict if the page about a change has changed since it was shown.

    The message lists what has changed. ``expected`` is the fingerprint of the page.
    """
    current = make_fingerprint(run, affected)
    if expected is None or expected == str(current):
        return
    sentences = [
        _("Something has changed since you opened this page. Check again who is affected."),
        *_describe_changes(expected.split("_"), current, affected),
    ]
    raise Conflict(" ".join(sentences))


def _describe_changes(
    expected: list[str], current: Fingerprint, affected: RunEffects
) -> Iterable[str]:
    """Yield sentences that describe the changes since the page with this fingerprint was shown."""
    if len(expected) < 3:  # not a fingerprint
        return
    details, held, unsuitable_groups, *rest = expected
    people = frozenset(rest)
    if details != current.details:
        yield _("The days, venue or trainer have changed.")
    added = [entry.name for entry in affected.people if _person_hash(entry) not in people]
    if added:
        yield ngettext(
            "%(names)s has been added to the course.",
            "%(names)s have been added to the course.",
            len(added),
            names=words.join_list(added),
        )
    gone = len(people - current.people)
    if gone:
        yield ngettext(
            "%(num)s person is no longer on the course.",
            "%(num)s people are no longer on the course.",
            gone,
        )
    if held != current.held:
        yield _("The unnamed places have changed.")
    if unsuitable_groups != current.unsuitable_groups and people == current.people:
        yield _("The list of people who can no longer take the course has changed.")


def people_no_longer_suitable(on: date) -> list[tuple[int, int]]:
    """Return (run ID, person ID) for people who cannot attend an upcoming run on its dates."""
    found = clashes.double_bookings(on)
    for run in queries.runs_by_id(rows.upcoming_runs_with_prerequisite(on), on).values():
        people = rows.people_to_check(run.id)
        unfit = suitability.people_without_prerequisite(people, run.type, run.first_day)
        found |= {(run.id, person_id) for person_id in unfit}
    return sorted(found)
