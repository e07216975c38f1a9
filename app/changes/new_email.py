"""New email addresses: a link verifies the mailbox before the address is used.

`app.changes.vouching` explains how the person comes to sign in with a new address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.changes import vouching
from app.changes.contact_ends import CONFIRM, end_contacts, is_unvouched_email, redirect_messages
from app.core import audit, clock, links
from app.core.actor import PUBLIC, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient
from app.people import activity, contact
from app.people.models import Person, PersonContact
from app.people.queries.contacts import contacts_on
from app.people.queries.locking import lock_person
from app.people.safety import wishes
from app.people.types import ContactKind

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class VerifiedAddress:
    """A new address whose mailbox has been verified.

    `signs_in` says whether the person now signs in with it. `needs_vouching` says whether it still
    has to be vouched for.
    """

    person_id: int
    signs_in: bool
    needs_vouching: bool


def add_new_email(
    actor: Actor,
    person: Person,
    value: str,
    on: date,
    *,
    safe: bool = False,
    vouched: bool = False,
) -> None:
    """Add a new email address and send links to verify it.

    One link goes to the new address and one to the address that the person signs in with, unless
    the new address is vouched for already. Any other address that was never verified is removed.
    The same links are sent for an address that somebody else signs in with, so that the owner of
    the mailbox decides.
    """
    safe = safe or wishes.are_contacts_covered(person.id, ContactKind.EMAIL, on)
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        pending = [each for each in contacts_on(person.id, on) if is_unvouched_email(each)]
        redirect_messages(person, end_contacts(pending, on), on)
        made = contact.add_contact(
            actor, person, ContactKind.EMAIL, value, on, safe=safe, vouched=vouched
        )
    send_link(made, value)
    if not vouched:
        vouching.ask_old_mailbox(person, made)


def send_link(made: PersonContact, email: str) -> None:
    """Send a link that verifies a new address, unless the person or mailbox reached a limit."""
    requested_by = f"person {made.person_id}"
    if not mailbox_limits.count_requested_letter(mailbox_limits.CHANGE, email, requested_by):
        return
    link_id = links.create(CONFIRM, made.id, LIFETIME)
    messages.post(
        NewMessage(
            letter="contact-confirm",
            recipient=Recipient(Channel.EMAIL, email, "", made.person_id),
            key=f"contact-confirm:{link_id}",
            context={
                "link": {
                    "endpoint": "profile.confirm_contact",
                    "purpose": CONFIRM,
                    "link_id": str(link_id),
                }
            },
        )
    )


def is_link_valid(token: str) -> bool:
    """Return whether the link can still be used. Does not use it up."""
    return links.peek(CONFIRM, token) is not None


def confirm_email(token: str) -> VerifiedAddress | None:
    """Record that the mailbox of a new address has been verified.

    If the address is also vouched for, it replaces the old one, including for signing in. Returns
    None if the link has been used or has expired.
    """
    subject = links.peek(CONFIRM, token)
    row = db.session.get(PersonContact, int(subject)) if subject else None
    if row is None:
        return None
    # Lock the person before the link, as every change to a person does.
    on, person = clock.today(), lock_person(row.person_id)
    if links.spend(CONFIRM, token) is None or row.until_on is not None:
        return None
    with audit.acting(PUBLIC, AuditVerb.PERSON_CONTACT):
        row.confirmed_at = clock.now()
    activity.record_heard_from(PUBLIC, person.id)
    return VerifiedAddress(
        person.id,
        signs_in=vouching.switch_sign_in(person, row, on),
        needs_vouching=row.vouched_at is None,
    )
