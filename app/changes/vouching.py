"""Changing the address that somebody signs in with, so that nobody takes their record over quietly.

A new address signs in once two things are proved, in any order: its mailbox, by a link sent there,
and that it is the person who asks. For that they press a link in the mailbox they sign in with now,
or a coordinator calls them on a number that was on record before. What they were reached at before
is told that something changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from app.accounts import service as accounts
from app.changes import noticing, protection, proving, ways
from app.changes.ways import VOUCH
from app.core import audit, clock, links
from app.core.actor import PUBLIC, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.limits import LONGEST_REASON
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient
from app.people import signing_in
from app.people.models import Person, PersonContact
from app.people.queries.locking import lock
from app.people.queries.ways import contacts_of
from app.people.types import ContactKind
from app.signin import addresses

LETTER = "vouch-contact"
LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Call:
    """Staff called somebody. contact_id: the number they called. silent_because: why what they were
    reached at before is not told ("" where it is): somebody else reads it.
    """

    contact_id: int
    silent_because: str = ""


def numbers(actor: Actor, person_id: int) -> Sequence[PersonContact]:
    """Numbers a call to which proves who asks, newest first.

    The rule is `proving.numbers_for`.
    """
    return proving.numbers_for(actor, person_id, clock.now())


def check(actor: Actor, person: Person, call: Call) -> None:
    """Raises InvalidInput unless the call proves that it was the person."""
    if call.contact_id not in {each.id for each in numbers(actor, person.id)}:
        raise InvalidInput(_("Select the number that you called"), "called")
    if len(call.silent_because) > LONGEST_REASON:
        raise InvalidInput(
            _("Reason must be %(number)s characters or less", number=LONGEST_REASON), "silent"
        )


def ask(person: Person, row: PersonContact) -> None:
    """Ask at the address they sign in with whether it is they who want to use the new one."""
    address = addresses.of(person.user_id)
    if address is None or not mailbox_limits.allows(mailbox_limits.CHANGE, address):
        return
    link_id = links.create(VOUCH, row.id, LIFETIME)
    link = {"endpoint": "profile.confirm_change", "purpose": VOUCH, "link_id": str(link_id)}
    messages.post(
        NewMessage(
            letter=LETTER,
            recipient=Recipient(Channel.EMAIL, address, "", person.id, person.user_id),
            key=f"{LETTER}:{link_id}",
            context={"link": link},
        )
    )


def by_call(actor: Actor, person: Person, row: PersonContact | None, call: Call) -> None:
    """Staff spoke with the person, locked, on a number of theirs: the new address may be used from
    now on, and the old one signs nobody in. row: the new address; None: they want none.
    """
    now = addresses.of(person.user_id)
    audit.record(
        actor,
        AuditVerb.PERSON_VOUCH,
        "people",
        person.id,
        how="called",
        number_on_record=call.contact_id,
        old_ways_told=not call.silent_because,
        why_not_told=call.silent_because or None,
    )
    if row is not None:
        row.vouched_at = row.vouched_at or clock.now()
        db.session.flush()
    if person.user_id is not None and (row is None or not _is(row, now)):
        addresses.take_away(actor, person.user_id)
    if call.silent_because:
        # Whose old mailbox is dangerous is protected, so that nobody else is kept from being told.
        protection.protect(actor, person)


def _is(row: PersonContact, address: str | None) -> bool:
    return address is not None and row.point.value.casefold() == address.casefold()


def is_good(token: str) -> bool:
    """Whether the link to the old mailbox can still be used. Uses nothing up."""
    return links.peek(VOUCH, token) is not None


def answer(token: str, *, yes: bool) -> int | None:
    """Whoever reads the old mailbox says whether it was they; returns the person's id.

    No: the new address goes, and every device is signed out, for somebody else was at one. None:
    the link is used, or has run out.
    """
    subject = links.peek(VOUCH, token)
    row = db.session.get(PersonContact, int(subject)) if subject else None
    if row is None:
        return None
    on, person = clock.today(), lock(row.person_id)
    if links.spend(VOUCH, token) is None or row.until_on is not None:
        return None
    if yes:
        with audit.acting(PUBLIC, AuditVerb.PERSON_VOUCH):
            row.vouched_at = clock.now()
        switch(person, row, on)
        return person.id
    with audit.acting(PUBLIC, AuditVerb.PERSON_REFUSE_ADDRESS):
        ways.follow(person, ways.end_all([row], on), on)
    if person.user_id is not None:
        accounts.end_sessions(PUBLIC, person.user_id)
    return person.id


def switch(person: Person, row: PersonContact, on: date) -> bool:
    """They sign in with the address, and are reached there only, if both proofs are there.

    Returns whether they do: where somebody else signs in with it, that stays as it is, and so does
    the way in that the person has.
    """
    if row.vouched_at is None or row.confirmed_at is None:
        return False
    before, old = noticing.ways_of(person.id), addresses.of(person.user_id)
    if signing_in.prove(person, row) is None:
        return False
    if _is(row, old):
        return True
    with audit.acting(PUBLIC, AuditVerb.PERSON_CONTACT):
        others = [
            each
            for each in contacts_of(person.id, on)
            if each.id != row.id and each.point.kind is ContactKind.EMAIL
        ]
        gone = ways.end_all(others, on)
        ways.follow(person, gone, on)
    told = [way for way in before if way[1].casefold() != row.point.value.casefold()]
    if old is not None and old.casefold() not in {value.casefold() for _, value in told}:
        told.append((ContactKind.EMAIL, old))
    noticing.changed(person, told, gone, sign_in=True)
    return True
