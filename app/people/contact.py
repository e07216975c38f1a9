"""Create contact details, and find where to send messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.messages import service as messages
from app.messages.types import Channel, Recipient
from app.people import writing
from app.people.models import Person, PersonContact
from app.people.safety import contact_details
from app.people.types import ContactKind

CHANNELS = contact_details.CHANNELS


def get_or_create_contact_point(actor: Actor, kind: ContactKind, value: str) -> int:
    """Return the ID of a contact point. Create the contact point if it does not exist.

    The same statement and audit entry are written in both cases, so that response times do not
    reveal which addresses we hold. Safe to call concurrently.
    """
    point_id = writing.add_contact_point(kind, value)
    audit.record(actor, AuditVerb.CONTACT_POINT_USE, "contact_points", point_id, kind=kind)
    return point_id


def add_contact(
    actor: Actor,
    person: Person,
    kind: ContactKind,
    value: str,
    on: date,
    *,
    confirmed: bool = False,
    safe: bool = False,
    vouched: bool = False,
) -> PersonContact:
    """Add a contact detail to a person from a given day.

    ``safe`` is whether the contact detail is marked as safe to use. ``vouched`` is whether the
    person can sign in with an email address after they verify it.
    """
    contact = PersonContact(
        person_id=person.id,
        contact_point_id=get_or_create_contact_point(actor, kind, value),
        from_on=on,
        confirmed_at=clock.now() if confirmed else None,
        safe_at=clock.now() if safe else None,
        vouched_at=clock.now() if vouched and kind is ContactKind.EMAIL else None,
    )
    db.session.add(contact)
    db.session.flush()
    return contact


def find_recipients(person_ids: Iterable[int], on: date | None = None) -> dict[int, Recipient]:
    """Return where to send messages, by person ID. Omits people who cannot be contacted."""
    wanted = set(person_ids)
    return contact_details.find_recipients(wanted, on or clock.today()) if wanted else {}


def call_list_entries(person_ids: Iterable[int], on: date) -> dict[int, Recipient]:
    """Return call list entries by person ID. Omits people who asked us not to contact them.

    Use these entries for news that must not be sent by email, text or post. An entry has no phone
    number, because the call list shows staff which number to use.
    """
    return {
        how.person_id: Recipient(Channel.PHONE, "", how.name, how.person_id, how.user_id)
        for how in contact_details.contact_instructions_for(person_ids, on).values()
        if how.channel is not None
    }


def find_people_wanting_no_contact(person_ids: Iterable[int], on: date) -> set[int]:
    """Return the IDs of the people who asked us not to contact them."""
    wanted = set(person_ids)
    found = contact_details.contact_instructions_for(wanted, on) if wanted else {}
    return {each.person_id for each in found.values() if each.wishes.silent}


def resend_undelivered(person_id: int, on: date) -> None:
    """Send emails that could not be delivered again, if messages now go to another address.

    Call this whenever a person may have got an email address that can be used: it was added,
    confirmed or vouched for, or came from another record.
    """
    db.session.flush()
    messages.resend_undelivered(person_id, find_recipient(person_id, on), on)


def find_recipient(person_id: int, on: date | None = None) -> Recipient | None:
    """Return where to send messages to a person, or None if they cannot be contacted."""
    return find_recipients([person_id], on).get(person_id)
