"""Staff replace the ways somebody can be reached, for somebody who told them so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.changes import confirmation, noticing, reaching, vouching
from app.changes.vouching import Call
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.people import contact, ways
from app.people.models import Person, PersonContact
from app.people.queries.ways import contacts_of
from app.people.safety import wishes
from app.people.types import ContactKind, PersonState
from app.people.ways import Way


def replace(
    actor: Actor,
    person: Person,
    given: Sequence[Way],
    preferred: ContactKind | None,
    call: Call | None,
) -> None:
    """The person, locked, is reached in the ways given. The rules are `staff.set_contacts`.

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
        contact.reach(actor, person, kind, value, on, safe=safe, vouched=vouched)
    return left


def _current(person: Person, email: str | None, on: date) -> PersonContact | None:
    """The row of an e-mail address that they have now."""
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
