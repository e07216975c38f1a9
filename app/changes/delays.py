"""Decide which changes take effect immediately and which are delayed.

Changes that remove protection or a block are delayed. New contact details of a protected person are
also delayed. Removing a contact detail is never delayed.

Some staff are not allowed to know who is protected. All contact details that they add are delayed,
so that a delay does not reveal who is protected.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.changes import change_notices, delayed_changes
from app.changes.verification_numbers import is_protection_hidden_from
from app.core import clock
from app.core.actor import Actor
from app.people.models import Block, Person, PersonContact
from app.people.safety import contact_details, wishes
from app.people.safety.types import ContactPreferences, DelayedChangeKind, PendingChange
from app.people.types import ContactKind

ContactDetails = Sequence[tuple[ContactKind, str]]


def is_change_delayed(actor: Actor, person: Person) -> bool:
    """Return whether contact details that this actor adds for the person are delayed."""
    return person.protected_at is not None or is_protection_hidden_from(actor, person.id)


def request_end_of_protection(actor: Actor, person: Person) -> PendingChange | None:
    """Request the end of a person's protection.

    Returns None if the person is not protected.
    """
    if person.protected_at is None:
        return None
    return delayed_changes.request_delayed_change(
        actor, person, DelayedChangeKind.END_PROTECTION, {}
    )


def request_end_of_block(actor: Actor, person: Person, block: Block) -> PendingChange:
    """Request the removal of a block."""
    return delayed_changes.request_delayed_change(
        actor, person, DelayedChangeKind.END_BLOCK, {"block_id": block.id}
    )


def request_contact(
    actor: Actor, person: Person, kind: ContactKind, value: str
) -> PendingChange | None:
    """Request a new contact detail. Returns None if it can be added immediately."""
    if not is_change_delayed(actor, person):
        return None
    return request_delayed_contact(actor, person, kind, value)


def request_delayed_contact(
    actor: Actor, person: Person, kind: ContactKind, value: str
) -> PendingChange:
    """Request a new contact detail that takes effect after a call or two meetings, and a delay."""
    detail = {"kind": kind.value, "value": value}
    return delayed_changes.request_delayed_change(
        actor, person, DelayedChangeKind.ADD_CONTACT, detail
    )


def request_preference(
    actor: Actor, person: Person, kind: ContactKind | None
) -> PendingChange | None:
    """Request a new preferred kind of contact. Returns None if it can be set immediately."""
    if kind is None or not is_change_delayed(actor, person):
        return None
    known = contact_details.read_contact_facts([person.id], clock.today())[person.id]
    if not is_protection_hidden_from(actor, person.id) and kind in {
        each.kind for each in known.allowed()
    }:
        return None
    return delayed_changes.request_delayed_change(
        actor, person, DelayedChangeKind.SET_PREFERENCE, {"kind": kind.value}
    )


def split_by_delay(
    given: ContactDetails, current: Sequence[PersonContact], has_called: bool
) -> tuple[ContactDetails, ContactDetails]:
    """Split contact details into those that take effect immediately and those that are delayed.

    `given` contains the entered contact details, and `current` contains the existing ones. A
    delayed contact detail does not replace the old one yet. If `has_called` is true, staff have
    called the person, and an old email address is removed immediately.
    """
    old = [(each.point.kind, each.point.value) for each in current]
    known = {(kind, value.casefold()) for kind, value in old}
    new = [detail for detail in given if (detail[0], detail[1].casefold()) not in known]
    replaced = {kind for kind, _ in new}
    if has_called:
        old = [detail for detail in old if detail[0] not in replaced & {ContactKind.EMAIL}]
    kept = [detail for detail in given if detail not in new]
    kept += [detail for detail in old if detail[0] in replaced and detail not in kept]
    return kept or old, new


def request_contacts(
    actor: Actor, person: Person, new_contacts: ContactDetails, called_on: int | None
) -> PendingChange | None:
    """Request new contact details. Returns the last pending change, or None.

    `called_on` is the ID of the phone number (PersonContact) that staff called, or None.
    """
    pending = None
    for kind, value in new_contacts:
        pending = request_contact(actor, person, kind, value)
        if pending is not None:
            record_call_for_change(actor, person, pending, called_on)
    return pending


def record_call_for_change(
    actor: Actor, person: Person, pending: PendingChange, called_on: int | None
) -> None:
    """Record that staff called the person about a pending change.

    `called_on` is the ID of the phone number (PersonContact). The caller must have checked it.
    """
    if called_on is not None:
        row = delayed_changes.find_change(person.id, pending.id)
        delayed_changes.record_call_if_unchecked(actor, row, called_on, clock.now())


def set_contact_wishes(
    actor: Actor, person: Person, wanted: ContactPreferences | None
) -> PendingChange | None:
    """Set how the person wants to be contacted. `wanted` is None to remove all wishes.

    If the change is delayed, new restrictions still take effect immediately. The person is notified
    at their previous contact details. Raises InvalidInput if no contact method is safe.
    """
    wishes.check_wishes(wanted)
    before = contact_details.allowed_contacts(person.id, clock.today())
    previous = wishes.stated_wishes(person.id)
    pending = _apply_wishes(actor, person, wanted)
    if wishes.stated_wishes(person.id) != previous:
        after = contact_details.allowed_contacts(person.id, clock.today())
        change_notices.send_change_notice(
            person, before, [detail for detail in before if detail not in after]
        )
    return pending


def _apply_wishes(
    actor: Actor, person: Person, wanted: ContactPreferences | None
) -> PendingChange | None:
    delayed_changes.cancel_changes(actor, person.id, DelayedChangeKind.CHANGE_WISHES)
    if not is_change_delayed(actor, person):
        wishes.record_wishes(actor, person, wanted)
        return None
    known = contact_details.read_contact_facts([person.id], clock.today())[person.id]
    if wanted == known.shown_wishes:
        return None
    if wanted is None:
        return delayed_changes.request_delayed_change(
            actor, person, DelayedChangeKind.CHANGE_WISHES, {"wishes": None}
        )
    restricted = wanted.intersection(known.effective_wishes())
    if restricted.ways or restricted.silent:
        wishes.record_wishes(actor, person, restricted)
    if restricted == wanted:
        return None
    return delayed_changes.request_delayed_change(
        actor, person, DelayedChangeKind.CHANGE_WISHES, {"wishes": wanted.to_json()}
    )
