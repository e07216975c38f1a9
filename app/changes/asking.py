"""Which changes wait and which count at once: the rule that every path asks.

A change waits when it ends protection or a block, or when it adds a way of reaching somebody who is
protected. What it takes away counts at once.

Staff who may not know who is protected must not learn it from what waits: what they add waits for
everybody.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.changes import loosening, noticing
from app.changes.proving import is_blind
from app.core import clock
from app.core.actor import Actor
from app.people.models import Block, Person, PersonContact
from app.people.safety import contact_details, wishes
from app.people.safety.types import LooseningKind, Waits, Wishes
from app.people.types import ContactKind

Ways = Sequence[tuple[ContactKind, str]]


def waits_for(actor: Actor, person: Person) -> bool:
    """Whether what this actor adds for the person has to wait."""
    return person.protected_at is not None or is_blind(actor, person.id)


def end_protection(actor: Actor, person: Person) -> Waits | None:
    """They want us to keep a postcode again. None: they are not protected."""
    if person.protected_at is None:
        return None
    return loosening.ask(actor, person, LooseningKind.END_PROTECTION, {})


def end_block(actor: Actor, person: Person, block: Block) -> Waits:
    """They want somebody to see them again."""
    return loosening.ask(actor, person, LooseningKind.END_BLOCK, {"block_id": block.id})


def add_contact(actor: Actor, person: Person, kind: ContactKind, value: str) -> Waits | None:
    """They want to be reached in one more way. None: it may be added at once."""
    return add_met(actor, person, kind, value) if waits_for(actor, person) else None


def add_met(actor: Actor, person: Person, kind: ContactKind, value: str) -> Waits:
    """They want to be reached and to sign in there, and can prove it only in person."""
    detail = {"kind": kind.value, "value": value}
    return loosening.ask(actor, person, LooseningKind.ADD_CONTACT, detail)


def prefer(actor: Actor, person: Person, kind: ContactKind | None) -> Waits | None:
    """They want us to use this way first. None: it may be so at once."""
    if kind is None or not waits_for(actor, person):
        return None
    known = contact_details.facts_of([person.id], clock.today())[person.id]
    if not is_blind(actor, person.id) and kind in {each.kind for each in known.allowed()}:
        return None
    return loosening.ask(actor, person, LooseningKind.PREFER, {"kind": kind.value})


def hold_back(given: Ways, have: Sequence[PersonContact], called: bool) -> tuple[Ways, Ways]:
    """Of the ways that staff were given: those that may count at once, and those that wait.

    Until a way counts, the one that it replaces stays. After a call a replaced email address does
    not: somebody else may read it. have: the ways they have.
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


def add_contacts(actor: Actor, person: Person, new: Ways, called_on: int | None) -> Waits | None:
    """They want to be reached in these ways too; the last that waits.

    called_on: the number (PersonContact) that staff called them on about it; None: they did not.
    """
    waits = None
    for kind, value in new:
        waits = add_contact(actor, person, kind, value)
        if waits is not None:
            note_call(actor, person, waits, called_on)
    return waits


def note_call(actor: Actor, person: Person, waits: Waits, called_on: int | None) -> None:
    """Staff called them just now about what waits.

    called_on: a number that proved who they are before anything changed (`vouching.check`).
    """
    if called_on is not None:
        row = loosening.find(person.id, waits.id)
        loosening.note_call(actor, row, called_on, clock.now())


def contact_safely(actor: Actor, person: Person, wanted: Wishes | None) -> Waits | None:
    """Record how they want to be contacted; None: no special wishes.

    Where a change has to wait, what is more careful than before still counts at once. Raises
    InvalidInput.

    They are told where they were reached before.
    """
    wishes.check(wanted)
    before, had = contact_details.ways_allowed(person.id, clock.today()), wishes.stated(person.id)
    waits = _contact_safely(actor, person, wanted)
    if wishes.stated(person.id) != had:
        after = contact_details.ways_allowed(person.id, clock.today())
        noticing.changed(person, before, [way for way in before if way not in after])
    return waits


def _contact_safely(actor: Actor, person: Person, wanted: Wishes | None) -> Waits | None:
    loosening.stop_all(actor, person.id, LooseningKind.WISHES)
    if not waits_for(actor, person):
        wishes.record(actor, person, wanted)
        return None
    known = contact_details.facts_of([person.id], clock.today())[person.id]
    if wanted == known.stated:
        return None
    if wanted is None:
        return loosening.ask(actor, person, LooseningKind.WISHES, {"wishes": None})
    careful = wanted.within(known.terms())
    if careful.ways or careful.silent:
        wishes.record(actor, person, careful)
    if careful == wanted:
        return None
    return loosening.ask(actor, person, LooseningKind.WISHES, {"wishes": wanted.plain()})
