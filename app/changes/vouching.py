"""Change the address that a person signs in with, so that nobody can take over their record.

A person can sign in with a new address after two checks, in either order. A link sent there
verifies the mailbox. To confirm that the person wants the change, they open a link in the mailbox
they sign in with now, or a coordinator calls them on a number that was on record before. We send a
message to the old contact details to say that something has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from app.accounts import service as accounts
from app.changes import change_notices, contact_ends, protection, verification_numbers
from app.changes.contact_ends import VOUCH
from app.core import audit, clock, links
from app.core.actor import PUBLIC, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.limits import LONGEST_REASON
from app.identity import service as identity
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient
from app.people import activity
from app.people.models import Person, PersonContact
from app.people.queries.contacts import contacts_on
from app.people.queries.locking import lock_person
from app.people.types import ContactKind
from app.signin import addresses

LETTER = "vouch-contact"
LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Call:
    """A call that staff made to a person.

    `contact_id` is the number they called. `silence_reason` says why we send no message to the old
    contact details, which somebody else reads, or is "" if we send one.
    """

    contact_id: int
    silence_reason: str = ""


def numbers_to_call(actor: Actor, person_id: int) -> Sequence[PersonContact]:
    """Return the numbers that staff can call to check who is requesting a change, newest first.

    The rule is `verification_numbers.numbers_for_actor`.
    """
    return verification_numbers.numbers_for_actor(actor, person_id, clock.now())


def check_call(actor: Actor, person: Person, call: Call) -> None:
    """Raise InvalidInput if the number is not in `numbers_to_call` or the reason is too long."""
    if call.contact_id not in {each.id for each in numbers_to_call(actor, person.id)}:
        raise InvalidInput(_("Select the number that you called"), "called")
    if len(call.silence_reason) > LONGEST_REASON:
        raise InvalidInput(
            _("Reason must be %(number)s characters or less", number=LONGEST_REASON), "silent"
        )


def ask_old_mailbox(person: Person, row: PersonContact) -> None:
    """Send a letter to the sign-in address that asks whether the person wants the new one."""
    address = addresses.current_address(person.user_id)
    if address is None or not mailbox_limits.count_letter(mailbox_limits.CHANGE, address):
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


def apply_call(actor: Actor, person: Person, row: PersonContact | None, call: Call) -> None:
    """Vouch for a new address after staff called the person on one of their numbers.

    The person must be locked. They can no longer sign in with the old address. `row` is the new
    address, or None if they do not want one.
    """
    now = addresses.current_address(person.user_id)
    activity.record_heard_from(actor, person.id)
    audit.record(
        actor,
        AuditVerb.PERSON_VOUCH,
        "people",
        person.id,
        how="called",
        number_on_record=call.contact_id,
        old_ways_told=not call.silence_reason,
        why_not_told=call.silence_reason or None,
    )
    if row is not None:
        row.vouched_at = row.vouched_at or clock.now()
        db.session.flush()
    if person.user_id is not None and (row is None or not _has_value(row, now)):
        addresses.remove_address(actor, person.user_id)
    if call.silence_reason:
        # Protect the person, so that staff use this only for people who are in danger.
        protection.protect(actor, person)


def _has_value(row: PersonContact, address: str | None) -> bool:
    return address is not None and row.point.value.casefold() == address.casefold()


def is_link_valid(token: str) -> bool:
    """Return whether the link to the old mailbox can still be used. Does not use it up."""
    return links.peek(VOUCH, token) is not None


def record_answer(token: str, *, is_yes: bool) -> int | None:
    """Record the answer given from the old mailbox, and return the person's id.

    The answer “no” removes the new address and signs the person out on every device, because
    somebody else must have used one. Returns None if the link has been used or has expired.
    """
    subject = links.peek(VOUCH, token)
    row = db.session.get(PersonContact, int(subject)) if subject else None
    if row is None:
        return None
    on, person = clock.today(), lock_person(row.person_id)
    if links.spend(VOUCH, token) is None or row.until_on is not None:
        return None
    activity.record_heard_from(PUBLIC, person.id)
    if is_yes:
        with audit.acting(PUBLIC, AuditVerb.PERSON_VOUCH):
            row.vouched_at = clock.now()
        switch_sign_in(person, row, on)
        return person.id
    with audit.acting(PUBLIC, AuditVerb.PERSON_REFUSE_ADDRESS):
        contact_ends.redirect_messages(person, contact_ends.end_contacts([row], on), on)
    if person.user_id is not None:
        accounts.end_sessions(PUBLIC, person.user_id)
    return person.id


def switch_sign_in(person: Person, row: PersonContact, on: date) -> bool:
    """Make this the person's only email and sign-in address, once it is confirmed and vouched for.

    Returns whether the person now signs in with it. If somebody else signs in with it, nothing
    changes.
    """
    if row.vouched_at is None or row.confirmed_at is None:
        return False
    before, old = (
        change_notices.current_contact_details(person.id),
        addresses.current_address(person.user_id),
    )
    if identity.connect_user(person, row) is None:
        return False
    if _has_value(row, old):
        return True
    with audit.acting(PUBLIC, AuditVerb.PERSON_CONTACT):
        others = [
            each
            for each in contacts_on(person.id, on)
            if each.id != row.id and each.point.kind is ContactKind.EMAIL
        ]
        ended = contact_ends.end_contacts(others, on)
        contact_ends.redirect_messages(person, ended, on)
    told = [way for way in before if way[1].casefold() != row.point.value.casefold()]
    if old is not None and old.casefold() not in {value.casefold() for _, value in told}:
        told.append((ContactKind.EMAIL, old))
    change_notices.send_change_notice(person, told, ended, has_sign_in_changed=True)
    return True
