"""Staff replace the ways somebody can be reached, for somebody who told them so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _

from app.changes import asking, confirmation, noticing, reaching, vouching, ways
from app.changes.subject import subject
from app.changes.vouching import Call
from app.changes.ways import Way
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.people import contact
from app.people.models import Person, PersonContact
from app.people.queries.ways import contacts_of
from app.people.safety import wishes
from app.people.safety.types import Waits
from app.people.types import ContactKind, PersonState


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

    call: staff called them, so that a new email address counts at once and the old one signs
    nobody in. Without a call a new email address stands beside the old one until both mailboxes
    proved it, and signing in does not change. An applicant's address that is still to be proved is
    replaced and written to. meets: two coordinators are to meet somebody who has neither the old
    mailbox nor a number that could be called; a new email address waits for that.

    Raises InvalidInput when there is no way, or for a call that proves nothing.
    """
    if not given:
        raise InvalidInput(
            _("Enter an email address, a phone number or a postal address"), ContactKind.EMAIL.value
        )
    if preferred is not None and preferred not in {kind for kind, _ in given}:
        raise InvalidInput(_("Select a contact method that you have entered"), "preferred")
    person = subject(actor, person_id)
    if call is not None:
        vouching.check(actor, person, call)
    if not asking.waits_for(actor, person):
        if meets:
            return _meet(actor, person, given, preferred)
        replace(actor, person, given, preferred, call)
        return None
    now, later = asking.hold_back(given, contacts_of(person.id, clock.today()), call is not None)
    replace(actor, person, now, person.preferred, call)
    called_on = call.contact_id if call is not None else None
    waits = asking.add_contacts(actor, person, later, called_on)
    if preferred is None or preferred is person.preferred:
        return waits
    first = reaching.use_first(actor, person, preferred)
    if first is not None:
        asking.note_call(actor, person, first, called_on)
    return first or waits


def _meet(
    actor: Actor,
    person: Person,
    given: Sequence[tuple[ContactKind, str]],
    preferred: ContactKind | None,
) -> Waits:
    """A new email address waits until two coordinators have met them; the rest counts at once.

    Raises InvalidInput without a new address; Conflict where somebody can call them instead.
    """
    have = contacts_of(person.id, clock.today())
    old = [(each.point.kind, each.point.value) for each in have]
    known = {value.casefold() for kind, value in old if kind is ContactKind.EMAIL}
    new = [way for way in given if way[0] is ContactKind.EMAIL and way[1].casefold() not in known]
    if not new:
        raise InvalidInput(_("Enter the new email address"), ContactKind.EMAIL.value)
    if vouching.numbers(actor, person.id):
        raise Conflict(
            _("We have a number we can check them on. Call that number instead."), "called"
        )
    emails = [way for way in old if way[0] is ContactKind.EMAIL]
    at_once = [way for way in given if way not in new] + emails
    kinds = {kind for kind, _ in at_once}
    first = preferred if preferred in kinds else person.preferred
    replace(actor, person, at_once or old, first, None)
    return asking.add_met(actor, person, *new[0])


def replace(
    actor: Actor,
    person: Person,
    given: Sequence[Way],
    preferred: ContactKind | None,
    call: Call | None,
) -> None:
    """The person, locked, is reached in the ways given. The rules are `set_contacts`.

    For somebody protected, those that may count at once.
    """
    on = clock.today()
    email = next((value for kind, value in given if kind is ContactKind.EMAIL), None)
    rest = [way for way in given if way[0] is not ContactKind.EMAIL]
    before = noticing.ways_of(person.id)
    unproved = person.state(on) is PersonState.UNCONFIRMED
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        person.preferred = preferred
        if unproved or call is not None or email is None:
            left = _only(actor, person, given, on, vouched=unproved)
        else:
            left = _only(actor, person, rest, on, keep=ContactKind.EMAIL)
        ways.follow(person, left, on)
    row = _current(person, email, on)
    if call is not None:
        vouching.by_call(actor, person, row, call)
    elif email is not None and row is None:
        reaching.write_to_both(actor, person, email, on)
    _write(person, row, before, unproved=unproved, called=call is not None)
    if not (call is not None and call.silent_because) and (left or call is not None):
        noticing.changed(person, before, left, sign_in=call is not None)


def _write(
    person: Person,
    row: PersonContact | None,
    before: Sequence[Way],
    *,
    unproved: bool,
    called: bool,
) -> None:
    """A link to prove a new address of somebody who asked us, or who has proved none yet."""
    known = {value.casefold() for kind, value in before if kind is ContactKind.EMAIL}
    if row is None or row.point.value.casefold() in known:
        return
    db.session.refresh(person, ["contacts"])
    if unproved:
        confirmation.send_confirmation(person.id, row.point.value)
    elif called:
        reaching.send_link(row, row.point.value)


def _only(
    actor: Actor,
    person: Person,
    given: Sequence[Way],
    on: date,
    *,
    vouched: bool = False,
    keep: ContactKind | None = None,
) -> list[Way]:
    """They are reached in these ways only, apart from the kind that is kept; returns what ended."""
    wanted = {(kind, value.casefold()): value for kind, value in given}
    ended = [
        row
        for row in contacts_of(person.id, on)
        if row.point.kind is not keep
        and wanted.pop((row.point.kind, row.point.value.casefold()), None) is None
    ]
    left = ways.end_all(ended, on)
    for (kind, _folded), value in wanted.items():
        safe = wishes.cover(person.id, kind, on)
        contact.add_contact(actor, person, kind, value, on, safe=safe, vouched=vouched)
    return left


def _current(person: Person, email: str | None, on: date) -> PersonContact | None:
    """The row of an email address that they have now."""
    if email is None:
        return None
    return next(
        (
            row
            for row in contacts_of(person.id, on)
            if row.point.kind is ContactKind.EMAIL
            and row.point.value.casefold() == email.casefold()
        ),
        None,
    )
