"""How people can be reached: shared contact points, and which one a message goes to."""

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


def point(actor: Actor, kind: ContactKind, value: str) -> int:
    """The id of the contact point, made if need be.

    The same statement and the same line in the audit log whether it was known or not, so that the
    time a registration takes tells nobody whose addresses we know. Several may do it at once.
    """
    point_id = writing.contact_point(kind, value)
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
    """From `on`, the person can be reached there. safe: it is recorded as safe for us to use.
    vouched: they may sign in with it, once its mailbox is proved.
    """
    contact = PersonContact(
        person_id=person.id,
        contact_point_id=point(actor, kind, value),
        from_on=on,
        confirmed_at=clock.now() if confirmed else None,
        safe_at=clock.now() if safe else None,
        vouched_at=clock.now() if vouched and kind is ContactKind.EMAIL else None,
    )
    db.session.add(contact)
    db.session.flush()
    return contact


def recipients_of(person_ids: Iterable[int], on: date | None = None) -> dict[int, Recipient]:
    """Person id → where their messages go; those who can't be reached are left out.

    The rule is `app.people.safety.contact_details`.
    """
    wanted = set(person_ids)
    return contact_details.recipients_of(wanted, on or clock.today()) if wanted else {}


def calls_to(person_ids: Iterable[int], on: date) -> dict[int, Recipient]:
    """Person id → a line on the call list, for what must never be in a mailbox, on paper or in a
    text; those who asked for silence are left out.

    The line has no address: whoever calls reads on it how the person may be called. With one, it
    would follow the person to a mailbox when they are reached elsewhere.
    """
    return {
        how.person_id: Recipient(Channel.PHONE, "", how.name, how.person_id, how.user_id)
        for how in contact_details.how_to_reach_all(person_ids, on).values()
        if how.channel is not None
    }


def recipient_of(person_id: int, on: date | None = None) -> Recipient | None:
    """Where the person's messages go; None when they can't be reached."""
    return recipients_of([person_id], on).get(person_id)
