"""The rule for which changes wait and which take effect at once.

A change waits if it ends protection or a block, or adds a way of contacting a protected person.
Anything that a change removes is removed at once.

Staff who may not know who is protected must not learn this from which changes wait. So anything
that they add waits, whether or not the person is protected.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.changes import change_notices, loosening
from app.changes.proving import protection_hidden_from
from app.core import clock
from app.core.actor import Actor
from app.people.models import Block, Person, PersonContact
from app.people.safety import contact_details, wishes
from app.people.safety.types import LooseningKind, WaitingChange, Wishes
from app.people.types import ContactKind

Ways = Sequence[tuple[ContactKind, str]]


def must_wait(actor: Actor, person: Person) -> bool:
    """Return whether what this actor adds for the person has to wait."""
    return person.protected_at is not None or protection_hidden_from(actor, person.id)


def end_protection(actor: Actor, person: Person) -> WaitingChange | None:
    """Request permission for us to keep a postcode again.

    Returns None if the person is not protected.
    """
    if person.protected_at is None:
        return None
    return loosening.request(actor, person, LooseningKind.END_PROTECTION, {})


def end_block(actor: Actor, person: Person, block: Block) -> WaitingChange:
    """Request that a blocked user or organisation be allowed to see the person again."""
    return loosening.request(actor, person, LooseningKind.END_BLOCK, {"block_id": block.id})


def add_contact(
    actor: Actor, person: Person, kind: ContactKind, value: str
) -> WaitingChange | None:
    """Request another contact detail. Returns None if it may be added at once."""
    return add_after_meeting(actor, person, kind, value) if must_wait(actor, person) else None


def add_after_meeting(actor: Actor, person: Person, kind: ContactKind, value: str) -> WaitingChange:
    """Request another contact detail, to be confirmed when two coordinators meet the person."""
    detail = {"kind": kind.value, "value": value}
    return loosening.request(actor, person, LooseningKind.ADD_CONTACT, detail)


def prefer(actor: Actor, person: Person, kind: ContactKind | None) -> WaitingChange | None:
    """Request that this kind of contact be used first. Returns None if that may happen at once."""
    if kind is None or not must_wait(actor, person):
        return None
    known = contact_details.facts_of([person.id], clock.today())[person.id]
    if not protection_hidden_from(actor, person.id) and kind in {
        each.kind for each in known.allowed()
    }:
        return None
    return loosening.request(actor, person, LooseningKind.PREFER, {"kind": kind.value})


def split_by_waiting(given: Ways, have: Sequence[PersonContact], called: bool) -> tuple[Ways, Ways]:
    """Split the contact details that staff were given into those that apply at once and the rest.

    Until a new one applies, the one that it replaces is kept. After a call, a replaced email
    address is not kept, because somebody else may read it. `have` holds the person's current
    contact details.
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


def add_contacts(
    actor: Actor, person: Person, new: Ways, called_on: int | None
) -> WaitingChange | None:
    """Request these contact details. Returns the last pending change, or None.

    `called_on` is the number (PersonContact) on which staff called the person about it, or None if
    they did not call.
    """
    waits = None
    for kind, value in new:
        waits = add_contact(actor, person, kind, value)
        if waits is not None:
            note_call(actor, person, waits, called_on)
    return waits


def note_call(actor: Actor, person: Person, waits: WaitingChange, called_on: int | None) -> None:
    """Record that staff have just called the person about a pending change.

    `called_on` is a number that proved who they are before anything changed
    (`vouching.check_call`).
    """
    if called_on is not None:
        row = loosening.find(person.id, waits.id)
        loosening.note_call(actor, row, called_on, clock.now())


def set_contact_wishes(actor: Actor, person: Person, wanted: Wishes | None) -> WaitingChange | None:
    """Record how the person wants to be contacted, or None for no special wishes.

    If a change has to wait, any part that is more careful than before still takes effect at once.
    The person is told in the ways they had before. Raises InvalidInput if no way is safe.
    """
    wishes.check(wanted)
    before, had = contact_details.allowed_ways(person.id, clock.today()), wishes.stated(person.id)
    waits = _apply_wishes(actor, person, wanted)
    if wishes.stated(person.id) != had:
        after = contact_details.allowed_ways(person.id, clock.today())
        change_notices.send(person, before, [way for way in before if way not in after])
    return waits


def _apply_wishes(actor: Actor, person: Person, wanted: Wishes | None) -> WaitingChange | None:
    loosening.stop_all(actor, person.id, LooseningKind.WISHES)
    if not must_wait(actor, person):
        wishes.record(actor, person, wanted)
        return None
    known = contact_details.facts_of([person.id], clock.today())[person.id]
    if wanted == known.stated:
        return None
    if wanted is None:
        return loosening.request(actor, person, LooseningKind.WISHES, {"wishes": None})
    careful = wanted.within(known.effective_wishes())
    if careful.ways or careful.silent:
        wishes.record(actor, person, careful)
    if careful == wanted:
        return None
    return loosening.request(actor, person, LooseningKind.WISHES, {"wishes": wanted.to_json()})
