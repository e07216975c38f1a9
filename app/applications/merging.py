"""Merge two records of the same person.

Everything in one record is moved to the other record. The first record is then deleted. If the
other record gets new contact details, a message is sent to its earlier contact details. The merge
can be undone for 30 days (app.applications.undoing).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from app.applications import approval, merged, merging_rows, undoing
from app.applications import queries as queue
from app.applications.queries import duplicates
from app.certificates.queries import person_claims
from app.changes import change_notices, protection
from app.core import audit, clock, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.identity import service as identity
from app.messages import service as messages
from app.people import activity, contact, general, joining, pausing, queries
from app.people.duplicate_models import MergedRegistration
from app.people.models import Person
from app.people.queries import details, is_protection_visible, participation
from app.people.queries.details import ContactRow, PlaceRow
from app.people.queries.locking import lock_people
from app.people.queries.merged import registrations_merged_into
from app.people.safety import contact_details, wording
from app.people.types import Interest, PersonState
from app.signin import addresses

VOID_REASON = "merged into another record"


@dataclass(frozen=True)
class ComparedRecord:
    """One of two records that are shown side by side."""

    id: int
    name: str
    state: PersonState
    registered_at: datetime
    interest: Interest
    protected: bool
    networks: tuple[str, ...]
    organisations: tuple[str, ...]
    contacts: Sequence[ContactRow]
    contact_instructions: Sequence[str]
    places: Sequence[PlaceRow]
    claims: Sequence[str]


@dataclass(frozen=True)
class RecordPair:
    """Two records to compare.

    ``states`` contains the states of both records when the page was shown. ``is_application`` is
    true if the record that will be deleted is waiting for a decision. ``counts_as_activity`` is
    true if the merge confirms that the person still takes part. ``marked_different`` is true if
    staff marked the two records as different people. ``refusal`` is the reason why they cannot be
    merged, or "".
    """

    kept: ComparedRecord
    merged: ComparedRecord
    kept_is_in_the_network: bool
    counts_as_activity: bool
    is_application: bool
    marked_different: bool
    states: str
    refusal: str


def _choose_record_to_keep(first: Person, second: Person) -> tuple[Person, Person]:
    """Return the record to keep, and the record to merge into it.

    The order of preference is: people in the network, applicants, people who left, declined
    applicants. Between two records of the same kind, the earlier registration is kept.
    """
    kept, closed = sorted(
        (first, second), key=lambda each: (_rank_for_keeping(each), each.registered_at, each.id)
    )
    return kept, closed


def _rank_for_keeping(person: Person) -> int:
    if person.left_on is not None:
        return 2
    if person.declined_at is not None:
        return 3
    return 0 if person.approved_at is not None else 1


def is_awaiting_decision(person: Person) -> bool:
    """Return whether the person's registration is waiting for a decision."""
    return _rank_for_keeping(person) == 1


def _reason_not_to_merge(actor: Actor, closed: Person, on: date) -> str:
    """Return the reason why the actor cannot merge the two records, or "".

    Coordinators can merge any two records. If the closed record was waiting for a partner, the
    partner still decides on the networks that are moved (app.people.joining).
    """
    if actor.kind == "system" or actor.may("people:change"):
        return ""
    if not is_awaiting_decision(closed):
        return str(_("Only a coordinator can merge these two records."))
    approvers = queue.approvers_by_person([closed.id], on)[closed.id]
    if not approval.can_decide(actor, approvers):
        decider = approvers[0].organisation if approvers else _("A coordinator")
        return str(_("%(who)s makes the decision on this registration.", who=decider))
    return ""


def mergeable_ids(actor: Actor, person_id: int, others: Iterable[int], on: date) -> frozenset[int]:
    """Return the IDs of the other people whose records the actor can merge with this record.

    The actor must be allowed to read the other records.
    """
    if not actor.may("applications:decide"):
        return frozenset()
    person = db.session.get_one(Person, person_id)
    return frozenset(
        other.id
        for other in queue.people_by_id(others)
        if not _reason_not_to_merge(actor, _choose_record_to_keep(person, other)[1], on)
    )


def _check_readable(actor: Actor, ids: Sequence[int], on: date) -> None:
    """Raise NotFound if the actor cannot read both records, or AlreadyMerged if one was merged."""
    if not actor.may("applications:decide") or len(set(ids)) < len(ids):
        raise NotFound()
    scope = Scope.for_actor(actor)
    for person_id in ids:
        try:
            queries.get_visible(scope, person_id, on)
        except NotFound:
            merged.raise_if_merged(scope, person_id, on)
            raise


def compare_records(actor: Actor, person_id: int, other_id: int, on: date) -> RecordPair:
    """Return the two records to compare, and record both reads in the audit log.

    Raises NotFound if the actor is not allowed to read both, and AlreadyMerged if one of them was
    merged.
    """
    _check_readable(actor, (person_id, other_id), on)
    kept, closed = _choose_record_to_keep(
        db.session.get_one(Person, person_id), db.session.get_one(Person, other_id)
    )
    return RecordPair(
        kept=_read_for_comparison(actor, kept, on),
        merged=_read_for_comparison(actor, closed, on),
        kept_is_in_the_network=_rank_for_keeping(kept) == 0,
        counts_as_activity=_counts_as_activity(kept, closed, on),
        is_application=is_awaiting_decision(closed),
        states=_format_states(kept, closed, on),
        marked_different=duplicates.are_marked_different(kept.id, closed.id),
        refusal=_reason_not_to_merge(actor, closed, on),
    )


def _format_states(kept: Person, closed: Person, on: date) -> str:
    return f"{kept.state(on)}, {closed.state(on)}"


def _read_for_comparison(actor: Actor, person: Person, on: date) -> ComparedRecord:
    scope = Scope.for_actor(actor)
    audit.record(actor, AuditVerb.PERSON_READ, "people", person.id)
    return ComparedRecord(
        id=person.id,
        name=person.full_name,
        state=person.state(on),
        registered_at=person.registered_at,
        interest=person.interest,
        protected=is_protection_visible(scope, person),
        networks=queries.network_names(scope, [person.id], on)[person.id],
        organisations=tuple(each.name for each in details.affiliations(scope, person.id, on)),
        contacts=details.contacts(person.id, on),
        contact_instructions=wording.describe_for_staff(
            contact_details.contact_instructions(person.id, on)
        ),
        places=details.places(scope, person.id, on),
        claims=[each.course for each in person_claims(scope, person.id)],
    )


def merge_records(
    actor: Actor, person_id: int, other_id: int, expected_states: str | None = None
) -> int:
    """Merge two records with effect from today. Return the ID of the record that is kept.

    ``expected_states`` is `RecordPair.states` of the page on which the actor compared them. Raises
    NotFound if the actor is not allowed to read both. Raises Conflict, with a reason, if the
    records cannot be merged, were already merged, or have changed their states.
    """
    on, scope = clock.today(), Scope.for_actor(actor)
    _check_readable(actor, (person_id, other_id), on)
    both = lock_people([person_id, other_id])
    if len(both) < 2:
        for each in (person_id, other_id):
            merged.raise_if_merged(scope, each, on)
        raise Conflict(_("One of these registrations no longer exists."))
    kept, closed = _choose_record_to_keep(*both)
    refusal = _reason_not_to_merge(actor, closed, on)
    if refusal:
        raise Conflict(refusal)
    if expected_states and expected_states != _format_states(kept, closed, on):
        raise Conflict(
            _("One of the records has changed since you compared them. Check them again.")
        )
    for lock in registry.lock_for_merge:
        lock([kept.id, closed.id])
    kept_id = kept.id
    with audit.acting(actor, AuditVerb.PERSON_MERGE):
        _protect_both(actor, kept, closed)
    with undoing.record_merge_changes(actor, kept.id, closed.id):
        _merge_locked_records(actor, kept, closed, on)
    # Messages that are sent again stay as they are when the merge is undone.
    contact.resend_undelivered(kept_id, on)
    return kept_id


def _merge_locked_records(actor: Actor, kept: Person, closed: Person, on: date) -> None:
    """Move everything from ``closed`` to ``kept``, and notify the person of new contact details."""
    was_paused = pausing.is_paused(kept.id, on)
    is_active = _counts_as_activity(kept, closed, on)
    with audit.acting(actor, AuditVerb.PERSON_MERGE):
        general.merge_general_answers(actor, kept, closed, on)
        _move_sign_in(kept, closed)
        before = change_notices.current_contact_details(kept.id)
        members = [each.id for each in (kept, closed) if _rank_for_keeping(each) == 0]
        networks = {each for one in members for each in participation.network_ids(one, on)}
        merging_rows.move_rows(actor, kept, closed, on)
        for merge_other_rows in registry.on_merged:
            merge_other_rows(actor, closed.id, kept.id)
        messages.reassign_messages(closed.id, kept.id, VOID_REASON)
        merging_rows.move_remaining_rows(kept, closed, on)
        if _rank_for_keeping(kept) == 0:
            joining.update_memberships(actor, kept, on, networks)
        if is_active:
            activity.confirm_activity(actor, kept, on)
        _apply_stricter_answers(actor, kept.id, was_paused=was_paused, on=on)
    _close_record(actor, kept, closed)
    if set(change_notices.current_contact_details(kept.id)) - set(before):
        change_notices.send_change_notice(kept, before)


def _counts_as_activity(kept: Person, closed: Person, on: date) -> bool:
    """Return whether a person in the network has registered again and confirmed it."""
    is_new = is_awaiting_decision(closed) and closed.state(on) is not PersonState.UNCONFIRMED
    return _rank_for_keeping(kept) == 0 and is_new


def _apply_stricter_answers(actor: Actor, person_id: int, *, was_paused: bool, on: date) -> None:
    """End activities that the merged answers no longer allow."""
    if pausing.is_paused(person_id, on) and not was_paused:
        for end_activities in registry.on_paused:
            end_activities(actor, person_id)
    if not general.is_general_champion(person_id):
        for end_activities in registry.on_general_ended:
            end_activities(actor, person_id)


def _move_sign_in(kept: Person, closed: Person) -> None:
    """Move the user of ``closed`` to ``kept``, if ``kept`` has no user and the same address.

    Otherwise the user can no longer sign in, so that nobody can take over a record through a merge.
    """
    address = addresses.current_address(closed.user_id)
    vouched = {
        each.point.value.casefold()
        for each in kept.contacts
        if each.vouched_at is not None and each.until_on is None
    }
    both_waiting = is_awaiting_decision(kept) and is_awaiting_decision(closed)
    may_move = kept.user_id is None and (
        both_waiting or (address is not None and address.casefold() in vouched)
    )
    identity.move_user(closed, kept if may_move else None)


def _protect_both(actor: Actor, kept: Person, closed: Person) -> None:
    """Protect both records if one of them is protected. Call this before postcodes are moved."""
    if kept.protected_at is None and closed.protected_at is None:
        return
    for each in (kept, closed):
        protection.protect(actor, each)


def _close_record(actor: Actor, kept: Person, closed: Person) -> None:
    """Store which person the closed record was merged into, and delete the record."""
    for earlier in registrations_merged_into(closed.id):
        earlier.person_id = kept.id
    db.session.add(
        MergedRegistration(
            closed_id=closed.id,
            person_id=kept.id,
            submission=closed.submission,
            registered_at=closed.registered_at,
            joined_at=clock.now(),
        )
    )
    db.session.flush()
    audit.record(actor, AuditVerb.PERSON_MERGE, "people", closed.id, joined_to=kept.id)
    audit.record(actor, AuditVerb.PERSON_MERGE, "people", kept.id, joined=closed.id)
    merging_rows.delete_record(closed)
