"""Create contact details, and find out where to send a person's messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.messages.types import Channel, Recipient
from app.people import writing
from app.people.models import Person, PersonContact
from app.people.safety import contact_details
from app.people.types import ContactKind

CHANNELS = contact_details.CHANNELS


def contact_point_id(actor: Actor, kind: ContactKind, value: str) -> int:
    """Return the contact point's id, creating it if necessary.

    The statement and the audit entry are the same whether or not the contact point exists, so that
    the time a registration takes does not reveal which addresses we hold. Safe to call
    concurrently.
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
    """Add a contact detail to the person from a given day.

    ``safe`` is whether it is recorded as safe for us to use. ``vouched`` is whether the person may
    sign in with it once its mailbox has been verified.
    """
    contact = PersonContact(
        person_id=person.id,
        contact_point_id=contact_point_id(actor, kind, value),
        from_on=on,
        confirmed_at=clock.now() if confirmed else None,
        safe_at=clock.now() if safe else None,
        vouched_at=clock.now() if vouched and kind is ContactKind.EMAIL else None,
    )
    db.session.add(contact)
    db.session.flush()
    return contact


def recipients_of(person_ids: Iterable[int], on: date | None = None) -> dict[int, Recipient]:
    """Return where to send messages, by person id, leaving out people who cannot be contacted.

    The rule is in `app.people.safety.contact_details`.
    """
    wanted = set(person_ids)
    return contact_details.recipients_of(wanted, on or clock.today()) if wanted else {}


def call_list_entries(person_ids: Iterable[int], on: date) -> dict[int, Recipient]:
    """Return entries for the call list by person id, leaving out people who want no contact.

    Use this for news that must not be sent by email, text or post. The entries have no number,
    because the call list tells staff which number to use. An entry with a number could later be
    redirected to a mailbox.
    """
    return {
        how.person_id: Recipient(Channel.PHONE, "", how.name, how.person_id, how.user_id)
        for how in contact_details.contact_instructions_for(person_ids, on).values()
        if how.channel is not None
    }


def recipient_of(person_id: int, on: date | None = None) -> Recipient | None:
    """Return where to send the person's messages, or None if they cannot be contacted."""
    return recipients_of([person_id], on).get(person_id)
