"""What staff do to a person's record, on the person's behalf: each asks first who may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.applications import approval
from app.changes import asking, protection, replacing, vouching
from app.changes import service as changes
from app.changes.vouching import Call
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.people import activity, general, notices
from app.people.models import NotDuplicate, Person
from app.people.queries.locking import lock, lock_all
from app.people.queries.ways import contacts_of
from app.people.safety.types import Waits, Wishes
from app.people.types import ContactKind, PersonState, PlaceAnswer, Registration, Told
from app.records import record
from app.registration import service as registration

READ_OUT = "read out"
ON_PAPER = "on paper"


@dataclass(frozen=True)
class Entered:
    """Somebody written down. told: how they hear that they were taken on, if they were; waits: what
    keeps them from it ("" when nothing does, or nobody asked for it).
    """

    person_id: int
    told: Told | None = None
    waits: str = ""


def enter(actor: Actor, command: Registration, notice: str, *, approve: bool) -> Entered:
    """Write somebody down who can't register themselves, and take them on if that is asked for.

    notice: how the privacy notice was given, READ_OUT or ON_PAPER. The rules are a registration's.
    """
    if notice not in (READ_OUT, ON_PAPER):
        raise InvalidInput("Select how they were given the privacy notice", "notice")
    person_id = registration.register(actor, command)
    notices.give(person_id, notice)
    person = record.find(actor, person_id, clock.today())
    if person.confirmed_at is None:
        with audit.acting(actor, AuditVerb.PERSON_CONFIRM):
            person.confirmed_at = clock.now()
    if not approve:
        return Entered(person_id)
    try:
        return Entered(person_id, told=approval.approve(actor, person_id))
    except Conflict as error:
        return Entered(person_id, waits=error.message)


def _to_change(actor: Actor, person_id: int) -> Person:
    """The person, still here and locked, for an actor who may change them. Raises NotFound,
    Conflict.
    """
    if not actor.may("people:change"):
        raise NotFound()
    person = lock(record.find(actor, person_id, clock.today()).id)
    if person.left_on is not None:
        raise Conflict("They have left the network.")
    return person


def still_here(actor: Actor, person_id: int) -> None:
    """Somebody spoke with them, and they are still here. Once a day is enough."""
    person = _to_change(actor, person_id)
    if person.state(clock.today()) in (
        PersonState.WAITING,
        PersonState.UNCONFIRMED,
        PersonState.DECLINED,
    ):
        raise Conflict("They are not in the network yet.")
    with audit.acting(actor, AuditVerb.PERSON_STILL_HERE):
        activity.heard_from(actor, person, clock.today())


def rename(actor: Actor, person_id: int, name: str) -> None:
    """They go by another name."""
    changes.call_them(actor, _to_change(actor, person_id), name)


def set_contacts(
    actor: Actor,
    person_id: int,
    given: Sequence[tuple[ContactKind, str]],
    preferred: ContactKind | None,
    call: Call | None = None,
    *,
    meets: bool = False,
) -> Waits | None:
    """They can be reached in these ways, and no others. For somebody protected what is new waits
    (app.changes.asking).

    call: staff called them, so that a new e-mail address counts at once and the old one signs
    nobody in. Without a call a new e-mail address stands beside the old one until both mailboxes
    proved it, and signing in does not change. An applicant's address that is still to be proved is
    replaced and written to. meets: two coordinators are to meet somebody who has neither the old
    mailbox nor a number that could be called; a new e-mail address waits for that.

    Raises InvalidInput when there is no way, or for a call that proves nothing.
    """
    if not given:
        raise InvalidInput(
            "Enter an email address, a phone number or a postal address", ContactKind.EMAIL.value
        )
    if preferred is not None and preferred not in {kind for kind, _ in given}:
        raise InvalidInput("Select a way that is filled in", "preferred")
    person = _to_change(actor, person_id)
    if call is not None:
        vouching.check(actor, person, call)
    if not asking.waits_for(actor, person):
        if meets:
            return _meet(actor, person, given, preferred)
        replacing.replace(actor, person, given, preferred, call)
        return None
    now, later = asking.hold_back(given, contacts_of(person.id, clock.today()), call is not None)
    replacing.replace(actor, person, now, person.preferred, call)
    called_on = call.contact_id if call is not None else None
    waits = asking.add_contacts(actor, person, later, called_on)
    return _prefer(actor, person, preferred, called_on) or waits


def _meet(
    actor: Actor,
    person: Person,
    given: Sequence[tuple[ContactKind, str]],
    preferred: ContactKind | None,
) -> Waits:
    """A new e-mail address waits until two coordinators have met them; the rest counts at once.

    Raises InvalidInput without a new address; Conflict where somebody can call them instead.
    """
    have = contacts_of(person.id, clock.today())
    old = [(each.point.kind, each.point.value) for each in have]
    known = {value.casefold() for kind, value in old if kind is ContactKind.EMAIL}
    new = [way for way in given if way[0] is ContactKind.EMAIL and way[1].casefold() not in known]
    if not new:
        raise InvalidInput("Enter the new email address", ContactKind.EMAIL.value)
    if vouching.numbers(actor, person.id):
        raise Conflict("We have a number that proves who they are. Call it instead.", "called")
    emails = [way for way in old if way[0] is ContactKind.EMAIL]
    at_once = [way for way in given if way not in new] + emails
    kinds = {kind for kind, _ in at_once}
    first = preferred if preferred in kinds else person.preferred
    replacing.replace(actor, person, at_once or old, first, None)
    return asking.add_met(actor, person, *new[0])


def _prefer(
    actor: Actor, person: Person, wanted: ContactKind | None, called_on: int | None
) -> Waits | None:
    """They prefer this way: at once, or once they were called about it."""
    if wanted is None or wanted is person.preferred:
        return None
    waits = asking.prefer(actor, person, wanted)
    if waits is None:
        with audit.acting(actor, AuditVerb.PERSON_CONTACT):
            person.preferred = wanted
        return None
    asking.note_call(actor, person, waits, called_on)
    return waits


def contact_safely(actor: Actor, person_id: int, wanted: Wishes | None) -> Waits | None:
    """They told us how to contact them. Raises InvalidInput, NotFound, Conflict."""
    return asking.contact_safely(actor, _to_change(actor, person_id), wanted)


def add_place(actor: Actor, person_id: int, answer: PlaceAnswer) -> None:
    """They live, work or could help somewhere, from today. Raises InvalidInput, Conflict."""
    changes.keep_place(actor, _to_change(actor, person_id), answer)


def protect(actor: Actor, person_id: int, ward: str | None) -> None:
    """They asked us not to keep their postcode. ward: GSS code of what is kept as their home."""
    protection.protect(actor, _to_change(actor, person_id), ward)


def set_general(actor: Actor, person_id: int, general_champion: bool) -> None:
    """They told us whether the team may see and count them as a general champion.

    Raises NotFound for actors who may not know of sensitive networks, and where nobody is asked.
    """
    if not actor.may("networks:sensitive"):
        raise NotFound()
    person = _to_change(actor, person_id)
    general.set_answer(actor, person, general_champion, clock.today())


def unprotect(actor: Actor, person_id: int) -> Waits | None:
    """They told us that we may keep a postcode again: it needs a call and waits. Raises NotFound
    for actors who may not know who is protected.
    """
    if not Scope.of(actor).sensitive:
        raise NotFound()
    return asking.end_protection(actor, _to_change(actor, person_id))


def remove(actor: Actor, person_id: int, reason: str) -> None:
    """They told us that they leave, or are removed, for a reason. Raises InvalidInput, Conflict."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput("Enter a reason", "reason")
    changes.depart(actor, _to_change(actor, person_id), reason)


def not_the_same(actor: Actor, person_id: int, other_id: int) -> None:
    """Two people who look alike are two. Twice is once."""
    if not actor.may("people:change") or person_id == other_id:
        raise NotFound()
    on = clock.today()
    both = lock_all(record.find(actor, each, on).id for each in (person_id, other_id))
    first, second = (each.id for each in both)
    known = db.session.query(NotDuplicate).filter_by(first_id=first, second_id=second)
    if known.first() is None:
        with audit.acting(actor, AuditVerb.PERSON_NOT_THE_SAME):
            db.session.add(NotDuplicate(first_id=first, second_id=second))
