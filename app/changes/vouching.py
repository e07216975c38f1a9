"""Change the email address that a person signs in with.

A new address needs two checks, in either order. A link verifies the mailbox. Another check confirms
that the person wants the change: the person uses a link in their old mailbox, or a coordinator
calls them on a known number. We notify the person at the old contact details. This prevents other
people from taking over the account.
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
from app.people import activity, contact
from app.people.models import Person, PersonContact
from app.people.queries.contacts import find_contacts
from app.people.queries.locking import lock_person
from app.people.types import ContactKind
from app.signin import addresses

LETTER = "vouch-contact"
LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Call:
    """A phone call from staff to a person.

    `contact_id` is the ID of the number. `silence_reason` is why we do not notify the old contact
    details, or "".
    """

    contact_id: int
    silence_reason: str = ""


def numbers_to_call(actor: Actor, person_id: int) -> Sequence[PersonContact]:
    """Return the numbers that staff can call to verify a change, newest first."""
    return verification_numbers.numbers_for_actor(actor, person_id, clock.now())


def check_call(actor: Actor, person: Person, call: Call) -> None:
    """Raise InvalidInput if the number is not in `numbers_to_call` or the reason is too long."""
    if call.contact_id not in {each.id for each in numbers_to_call(actor, person.id)}:
        raise InvalidInput(_("Select the number that you called"), "called")
    if len(call.silence_reason) > LONGEST_REASON:
        raise InvalidInput(
            _("Reason must be %(number)s characters or less", number=LONGEST_REASON), "silent"
        )


def email_old_mailbox(person: Person, row: PersonContact) -> None:
    """Email the current sign-in address to ask whether the person wants the new address."""
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


def vouch_after_call(actor: Actor, person: Person, row: PersonContact | None, call: Call) -> None:
    """Vouch for a new address after staff called the person.

    The old address can no longer be used to sign in. `row` is the new address, or None to have no
    email address. The caller must hold the lock on the person.
    """
    current = addresses.current_address(person.user_id)
    activity.record_activity(actor, person.id)
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
        contact.resend_undelivered(person.id, clock.today())
    if person.user_id is not None and (row is None or not _has_value(row, current)):
        addresses.remove_address(actor, person.user_id)
    if call.silence_reason:
        # Protect the person, so that staff use this only for people who are in danger.
        protection.protect(actor, person)


def _has_value(row: PersonContact, address: str | None) -> bool:
    return address is not None and row.point.value.casefold() == address.casefold()


def is_link_valid(token: str) -> bool:
    """Return whether the link in the old mailbox is valid. The check does not use up the link."""
    return links.peek(VOUCH, token) is not None


def record_answer(token: str, *, is_yes: bool) -> int | None:
    """Record the answer from the old mailbox. Return the person's ID.

    If the answer is no, the new address is removed and the person is signed out on all devices.
    Returns None if the link has been used or has expired.
    """
    subject = links.peek(VOUCH, token)
    row = db.session.get(PersonContact, int(subject)) if subject else None
    if row is None:
        return None
    on, person = clock.today(), lock_person(row.person_id)
    if links.spend(VOUCH, token) is None or row.until_on is not None:
        return None
    activity.record_activity(PUBLIC, person.id)
    if is_yes:
        with audit.acting(PUBLIC, AuditVerb.PERSON_VOUCH):
            row.vouched_at = clock.now()
        switch_sign_in_address(person, row, on)
        contact.resend_undelivered(person.id, on)
        return person.id
    with audit.acting(PUBLIC, AuditVerb.PERSON_REFUSE_ADDRESS):
        contact_ends.redirect_messages(person, contact_ends.end_contacts([row], on), on)
    if person.user_id is not None:
        accounts.end_sessions(PUBLIC, person.user_id)
    return person.id


def switch_sign_in_address(person: Person, row: PersonContact, on: date) -> bool:
    """Make this the person's only email address if it is confirmed and vouched for.

    Returns whether the person now signs in with the new address. Nothing changes if somebody else
    signs in with it.
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
            for each in find_contacts(person.id, on)
            if each.id != row.id and each.point.kind is ContactKind.EMAIL
        ]
        ended = contact_ends.end_contacts(others, on)
        contact_ends.redirect_messages(person, ended, on)
    recipients = [detail for detail in before if detail[1].casefold() != row.point.value.casefold()]
    if old is not None and old.casefold() not in {value.casefold() for _, value in recipients}:
        recipients.append((ContactKind.EMAIL, old))
    change_notices.send_change_notice(person, recipients, ended, has_sign_in_changed=True)
    return True
