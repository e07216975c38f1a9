"""End contact details, revoke their links and redirect their messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from flask_babel import gettext as _

from app.core import links
from app.core.db import db
from app.identity import service as identity
from app.messages import service as messages
from app.people import contact
from app.people.models import Person, PersonContact
from app.people.types import ContactKind

CONFIRM = "confirm-contact"  # a link that verifies the mailbox of a new address
VOUCH = "vouch-contact"  # a link sent to the old mailbox, which asks whether they made the change
ContactDetail = tuple[ContactKind, str]
ADDRESS_ENDED = "they can no longer be contacted there"


def is_unvouched_email(row: PersonContact) -> bool:
    """Return whether the contact detail is an email address that is not vouched for."""
    return row.point.kind is ContactKind.EMAIL and row.vouched_at is None


def end_contacts(rows: Iterable[PersonContact], on: date) -> list[ContactDetail]:
    """End contact details from a given day. Return their kinds and values."""
    return [_end_contact(row, on) for row in rows]


def redirect_messages(person: Person, ended: Collection[ContactDetail], on: date) -> None:
    """Redirect pending messages from contact details that have ended.

    Emails that could not be delivered are sent again if messages now go to another address.
    """
    addresses = [(contact.CHANNELS[kind], value) for kind, value in ended]
    recipient = contact.find_recipient(person.id, on)
    messages.redirect_messages(person.id, addresses, recipient, ADDRESS_ENDED)
    messages.resend_undelivered(person.id, recipient, on)


def take_back_messages(person: Person, others: Collection[ContactDetail], on: date) -> None:
    """Redirect pending messages from contact details that belong to another person.

    If the person has no contact details of their own, emails and texts are left to staff.
    """
    no_address = contact.find_recipient(person.id, on) is None
    if no_address and not contact.find_people_wanting_no_contact([person.id], on):
        addresses = [(contact.CHANNELS[kind], value) for kind, value in others]
        why = _("We no longer have an address or number to send it to.")
        messages.leave_to_staff(person.id, addresses, why)
    else:
        redirect_messages(person, others, on)


def _end_contact(row: PersonContact, on: date) -> ContactDetail:
    detail = (row.point.kind, row.point.value)
    links.revoke(identity.CONFIRM, identity.confirm_subject(row.person_id, row.id))
    links.revoke(CONFIRM, row.id)
    links.revoke(VOUCH, row.id)
    if row.from_on >= on:
        db.session.delete(row)
    else:
        row.until_on = on - timedelta(days=1)
    db.session.flush()
    return detail
