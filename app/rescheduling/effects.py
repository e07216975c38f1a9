"""Find the people affected by a change to a run or by its cancellation.

Pages show only people whose names the reader is allowed to see. When a run changes, hidden people
keep their places, because a lost place would reveal something about them. They are told about the
change, and coordinators who are allowed to see them decide what to do
(`people_no_longer_suitable`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from app.accounts import queries as users
from app.core import clock, registry, words
from app.core.actor import Actor, Scope
from app.core.permissions import Role
from app.courses import notifications, queries, running, suitability
from app.courses.models import Booking, CourseRun
from app.courses.queries import clashes, holders, rows
from app.courses.suitability import UnsuitableReason
from app.courses.types import HeldPlaces, NewRun, RollEntry, RunFacts, UnlistedPlaces
from app.messages.types import Channel, Recipient
from app.organisations.queries import coordinator_user_ids
from app.people.contact import find_people_wanting_no_contact, find_recipients
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
    `explanation` is a sentence for staff. `silent` is True if the person asked us not to contact
    them. Trainers are not allowed to see these people.
    """

    attendee_id: int
    name: str
    person_id: int
    person_name: str
    explanation: str
    silent: bool


@dataclass(frozen=True)
class HeldPlacesEffect:
    """Unnamed places affected by a change, with the names of the users we will email."""

    held: HeldPlaces
    user_names: tuple[str, ...]

    @property
    def joined_user_names(self) -> str:
        """Return the names of the users we will email, as text."""
        return words.join_list(self.user_names)


@dataclass(frozen=True)
class RunEffects:
    """The people and unnamed places affected by a change or cancellation.

    `people` contains everyone visible to the reader. `unsuitable_groups` contains those who cannot
    attend after the change. `to_call` contains the people that the reader must contact.
    `told_elsewhere` contains the IDs of attendees who were added by name and are told about another
    place of theirs.
    """

    people: tuple[RollEntry, ...]
    unsuitable_groups: tuple[UnsuitableGroup, ...]
    unsuitable_linked_people: tuple[UnsuitableLinkedPerson, ...]
    held: tuple[HeldPlacesEffect, ...]
    unlisted: UnlistedPlaces
    to_call: tuple[RollEntry, ...]
    told_elsewhere: frozenset[int]

    @property
    def affects_anybody(self) -> bool:
        """Return whether any place on the run is taken."""
        return bool(self.people or self.held or self.unlisted.places)

    @property
    def suitable_people(self) -> tuple[RollEntry, ...]:
        """Return the people who can still attend the run."""
        unsuitable_ids = {
            entry.attendee_id for group in self.unsuitable_groups for entry in group.people
        }
        unsuitable_ids |= {each.attendee_id for each in self.unsuitable_linked_people}
        return tuple(entry for entry in self.people if entry.attendee_id not in unsuitable_ids)

    @property
    def people_for_summary(self) -> tuple[RollEntry, ...]:
        """Return the people whose letters are counted in the summary of a change."""
        return tuple(each for each in self.people if each.attendee_id not in self.told_elsewhere)


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
    on, attendees = clock.today(), rows.list_attendees(row.id)
    linked = queries.visible_linked_people(actor, row, attendees, on, after.trainer_user_id)
    people = queries.list_visible_attendees(actor, row, on)
    unsuitable = tuple(_find_unsuitable_linked_people(actor, linked, people, row, before, after))
    found = _find_effects(actor, row, people, linked, {each.attendee_id for each in unsuitable})
    return replace(
        found,
        unsuitable_groups=tuple(_find_unsuitable_groups(found.people, row, before, after)),
        unsuitable_linked_people=unsuitable,
        to_call=tuple(
            each
            for each in found.people
            if each in found.to_call or _needs_call(actor, each, before, after)
        ),
    )


def find_cancellation_effects(actor: Actor, row: CourseRun) -> RunEffects:
    """Return the people affected by cancelling the run."""
    on = clock.today()
    linked = queries.visible_linked_people(actor, row, rows.list_attendees(row.id), on)
    told: set[int] = set()
    # Trainers see no links, so the response must take the same time for them with and without one.
    if linked:
        told.update(*(find(row.id) for find in registry.told_if_cancelled))
    return _find_effects(actor, row, queries.list_visible_attendees(actor, row, on), linked, told)


def _find_effects(
    actor: Actor,
    row: CourseRun,
    listed: Iterable[RollEntry],
    linked: Mapping[int, int],
    told: Collection[int],
) -> RunEffects:
    """Return the people and places affected by a change or cancellation.

    `linked` contains the people linked to attendees, as far as the reader is allowed to know. They
    are told if their attendee is in `told`, or if they know of an earlier change.
    """
    on, entries = clock.today(), list(listed)
    silent = find_people_wanting_no_contact(linked.values(), on)
    unaddressed = [each.attendee_id for each in entries if each.channel is None]
    places = {key: linked[key] for key in unaddressed if key in linked}
    first_places = holders.linked_people(rows.list_attendees(row.id))
    elsewhere = frozenset(places.keys() - first_places.keys())
    told_at_record = _find_told_linked_people(
        row, {key: each for key, each in places.items() if key not in elsewhere}, told
    )
    people = tuple(
        replace(
            entry,
            channel=told_at_record.get(entry.attendee_id, entry.channel),
            silent=entry.silent or places.get(entry.attendee_id) in silent,
        )
        for entry in entries
    )
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
        to_call=tuple(
            each for each in people if each.is_unreachable and each.attendee_id not in elsewhere
        ),
        told_elsewhere=elsewhere,
    )


def _find_told_linked_people(
    row: CourseRun, places: Mapping[int, int], told: Collection[int]
) -> dict[int, Channel]:
    """Return the channels of the linked people who are told at their record, by attendee ID."""
    run = running.get_current_run(row.id)
    recipients = find_recipients(places.values())
    return {
        attendee_id: recipients[person_id].channel
        for attendee_id, person_id in places.items()
        if person_id in recipients
        and (attendee_id in told or notifications.was_told_of_change(run, person_id, sent=True))
    }


def _find_unsuitable_groups(
    people: Iterable[RollEntry], row: CourseRun, before: RunFacts, after: RunFacts
) -> Iterable[UnsuitableGroup]:
    if before.sessions == after.sessions:
        return
    groups: dict[UnsuitableReason, list[RollEntry]] = defaultdict(list)
    with_seen_certificate = _attendees_with_seen_certificate(row, before, after)
    for entry in people:
        if entry.person_id is None:
            continue
        reason = suitability.find_date_problem(
            entry.person_id, after, earlier_seen=entry.attendee_id in with_seen_certificate
        )
        if reason is not None:
            groups[reason].append(entry)
    for each in UnsuitableReason:
        if groups[each]:
            yield UnsuitableGroup(each, tuple(groups[each]))


def _find_unsuitable_linked_people(
    actor: Actor,
    visible: Mapping[int, int],
    people: Iterable[RollEntry],
    row: CourseRun,
    before: RunFacts,
    after: RunFacts,
) -> Iterable[UnsuitableLinkedPerson]:
    """Yield the visible linked people who cannot attend the run after a change."""
    if before.sessions == after.sessions:
        return
    linked = holders.linked_people(rows.list_attendees(row.id))
    on = clock.today()
    names = visible_names(Scope.for_actor(actor), set(visible.values()), on)
    silent = find_people_wanting_no_contact(visible.values(), on)
    with_seen_certificate = _attendees_with_seen_certificate(row, before, after)
    for entry in people:
        person_id = linked.get(entry.attendee_id)
        if person_id is None or entry.attendee_id not in visible:
            continue
        reason = suitability.find_date_problem(
            person_id, after, earlier_seen=entry.attendee_id in with_seen_certificate
        )
        if reason is not None:
            yield UnsuitableLinkedPerson(
                entry.attendee_id,
                entry.name,
                person_id,
                names[person_id],
                suitability.explain_to_staff(reason, after),
                silent=person_id in silent,
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


def people_no_longer_suitable(on: date) -> list[tuple[int, int]]:
    """Return (run ID, person ID) for people who cannot attend an upcoming run on its dates."""
    found = clashes.double_bookings(on)
    for run in queries.runs_by_id(rows.upcoming_runs_with_prerequisite(on), on).values():
        people = rows.people_to_check(run.id)
        unsuitable_ids = suitability.people_without_prerequisite(people, run.type, run.first_day)
        found |= {(run.id, person_id) for person_id in unsuitable_ids}
    return sorted(found)
