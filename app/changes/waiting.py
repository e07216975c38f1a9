"""The rule for which changes wait and which take effect at once.

A change waits if it ends protection or a block, or adds a contact detail of a protected person.
Anything that a change removes is removed at once.

Staff who may not know who is protected must not learn this from which changes wait. So anything
that they add waits, whether or not the person is protected.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.changes import change_notices, loosening
from app.changes.verification_numbers import is_protection_hidden_from
from app.core import clock
from app.core.actor import Actor
from app.people.models import Block, Person, PersonContact
from app.people.safety import contact_details, wishes
from app.people.safety.types import ContactPreferences, LooseningKind, WaitingChange
from app.people.types import ContactKind

ContactDetails = Sequence[tuple[ContactKind, str]]


def must_wait(actor: Actor, person: Person) -> bool:
    """Return whether what this actor adds for the person has to wait."""
    return person.protected_at is not None or is_protection_hidden_from(actor, person.id)


def request_end_of_protection(actor: Actor, person: Person) -> WaitingChange | None:
    """Request the end of a person's protection, so that we may keep a postcode again.

    Returns None if the person is not protected.
    """
    if person.protected_at is None:
        return None
    return loosening.request_loosening(actor, person, LooseningKind.END_PROTECTION, {})


def request_end_of_block(actor: Actor, person: Person, block: Block) -> WaitingChange:
    """Request that a blocked user or organisation be allowed to see the person again."""
    return loosening.request_loosening(
        actor, person, LooseningKind.END_BLOCK, {"block_id": block.id}
    )


def request_contact(
    actor: Actor, person: Person, kind: ContactKind, value: str
) -> WaitingChange | None:
    """Request another contact detail. Returns None if it may be added at once."""
    if not must_wait(actor, person):
        return None
    return request_contact_after_meeting(actor, person, kind, value)


def request_contact_after_meeting(
    actor: Actor, person: Person, kind: ContactKind, value: str
) -> WaitingChange:
    """Request another contact detail, to be confirmed when two coordinators meet the person."""
    detail = {"kind": kind.value, "value": value}
    return loosening.request_loosening(actor, person, LooseningKind.ADD_CONTACT, detail)


def request_preference(
    actor: Actor, person: Person, kind: ContactKind | None
) -> WaitingChange | None:
    """Request that this kind of contact be used first. Returns None if that may happen at once."""
    if kind is None or not must_wait(actor, person):
        return None
    known = contact_details.read_contact_facts([person.id], clock.today())[person.id]
    if not is_protection_hidden_from(actor, person.id) and kind in {
        each.kind for each in known.allowed()
    }:
        return None
    return loosening.request_loosening(actor, person, LooseningKind.PREFER, {"kind": kind.value})


def split_by_waiting(
    given: ContactDetails, have: Sequence[PersonContact], called: bool
) -> tuple[ContactDetails, ContactDetails]:
    """Split contact details into those that apply at once and new ones that have to wait.

    `given` holds the details that were entered, and `have` the person's current ones. Until a new
    one applies, the one that it replaces is kept. After a call, a replaced email address is not
    kept, because somebody else may read it.
    """
    old = [(each.point.kind, each.point.value) for each in have]
    known = {(kind, value.casefold()) for kind, value in old}
    new = [way for way in given if (way[0], way[1].casefold()) not in known]
    replaced = {kind for kind, _ in new}
    if called:
        old = [way for way in old if way[0] not in replaced & {ContactKind.EMAIL}]
    kept = [way for way in given if way not in new]
    kept += [way for way in old if way[0] in replaced and way not in kept]
    return kept or old, new


def request_contacts(
    actor: Actor, person: Person, new_contacts: ContactDetails, called_on: int | None
) -> WaitingChange | None:
    """Request these contact details. Returns the last pending change, or None.

    `called_on` is the number (PersonContact) on which staff called the person about it, or None if
    they did not call.
    """
    pending = None
    for kind, value in new_contacts:
        pending = request_contact(actor, person, kind, value)
        if pending is not None:
            record_call_for_pending(actor, person, pending, called_on)
    return pending


def record_call_for_pending(
    actor: Actor, person: Person, pending: WaitingChange, called_on: int | None
) -> None:
    """Record that staff have just called the person about a pending change.

    `called_on` is the number (PersonContact), which `vouching.check_call` has already checked.
    """
    if called_on is not None:
        row = loosening.find_change(person.id, pending.id)
        loosening.record_call_if_unchecked(actor, row, called_on, clock.now())


def set_contact_wishes(
    actor: Actor, person: Person, wanted: ContactPreferences | None
) -> WaitingChange | None:
    """Record how the person wants to be contacted. `wanted` is None for no special wishes.

    If a change has to wait, any part that is more careful than before still takes effect at once.
    The person is told at their previous contact details. Raises InvalidInput if no method is safe.
    """
    wishes.check_wishes(wanted)
    before = contact_details.allowed_contacts(person.id, clock.today())
    had = wishes.stated_wishes(person.id)
    pending = _apply_wishes(actor, person, wanted)
    if wishes.stated_wishes(person.id) != had:
        after = contact_details.allowed_contacts(person.id, clock.today())
        change_notices.send_change_notice(
            person, before, [way for way in before if way not in after]
        )
    return pending


def _apply_wishes(
    actor: Actor, person: Person, wanted: ContactPreferences | None
) -> WaitingChange | None:
    loosening.cancel_changes(actor, person.id, LooseningKind.WISHES)
    if not must_wait(actor, person):
        wishes.record_wishes(actor, person, wanted)
        return None
    known = contact_details.read_contact_facts([person.id], clock.today())[person.id]
    if wanted == known.stated:
        return None
    if wanted is None:
        return loosening.request_loosening(actor, person, LooseningKind.WISHES, {"wishes": None})
    careful = wanted.within(known.effective_wishes())
    if careful.ways or careful.silent:
        wishes.record_wishes(actor, person, careful)
    if careful == wanted:
        return None
    return loosening.request_loosening(
        actor, person, LooseningKind.WISHES, {"wishes": wanted.to_json()}
    )
