"""Add new email addresses, and verify them with a link.

See `app.changes.vouching` for how a new address becomes the sign-in address.
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
from app.people.queries.contacts import find_contacts
from app.people.queries.locking import lock_person
from app.people.safety import wishes
from app.people.types import ContactKind

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class VerifiedAddress:
    """A new address that has been verified.

    `signs_in` is whether the person now signs in with it. `needs_vouching` is whether it still
    needs to be vouched for.
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

    One link goes to the new address. Another goes to the current sign-in address, unless the new
    address is already vouched for. Other unverified addresses are removed. The same links are sent
    for an address that another user signs in with, so that the actor cannot tell whether the
    address is known.
    """
    safe = safe or wishes.are_new_contacts_safe(person.id, ContactKind.EMAIL, on)
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        pending = [each for each in find_contacts(person.id, on) if is_unvouched_email(each)]
        redirect_messages(person, end_contacts(pending, on), on)
        row = contact.add_contact(
            actor, person, ContactKind.EMAIL, value, on, safe=safe, vouched=vouched
        )
    send_link(row, value)
    if not vouched:
        vouching.email_old_mailbox(person, row)


def send_link(row: PersonContact, email: str) -> None:
    """Send a link that verifies a new address. Does nothing if a limit on emails was reached."""
    requested_by = f"person {row.person_id}"
    if not mailbox_limits.count_requested_letter(mailbox_limits.CHANGE, email, requested_by):
        return
    link_id = links.create(CONFIRM, row.id, LIFETIME)
    messages.post(
        NewMessage(
            letter="contact-confirm",
            recipient=Recipient(Channel.EMAIL, email, "", row.person_id),
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
    """Return whether the link is still valid. The check does not use up the link."""
    return links.peek(CONFIRM, token) is not None


def confirm_email(token: str) -> VerifiedAddress | None:
    """Mark a new address as verified.

    If the address is also vouched for, it replaces the old one. Returns None if the link has been
    used or has expired.
    """
    subject = links.peek(CONFIRM, token)
    row = db.session.get(PersonContact, int(subject)) if subject else None
    if row is None:
        return None
    # Always lock the person before the link.
    on, person = clock.today(), lock_person(row.person_id)
    if links.spend(CONFIRM, token) is None or row.until_on is not None:
        return None
    with audit.acting(PUBLIC, AuditVerb.PERSON_CONTACT):
        row.confirmed_at = clock.now()
    activity.record_activity(PUBLIC, person.id)
    signs_in = vouching.switch_sign_in_address(person, row, on)
    contact.resend_undelivered(person.id, on)
    return VerifiedAddress(
        person.id,
        signs_in=signs_in,
        needs_vouching=row.vouched_at is None,
    )
