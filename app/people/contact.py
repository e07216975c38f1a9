"""How people can be reached: shared contact points, and which one a message goes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db
from app.messages.types import Channel, Recipient
from app.people.models import ContactPoint, Person, PersonContact
from app.people.types import ContactKind

CHANNELS: Mapping[ContactKind, Channel] = {
    ContactKind.EMAIL: Channel.EMAIL,
    ContactKind.PHONE: Channel.PHONE,
    ContactKind.POST: Channel.POST,
}
_ORDER = (ContactKind.EMAIL, ContactKind.PHONE, ContactKind.POST)


def point(actor: Actor, kind: ContactKind, value: str) -> int:
    """The id of the contact point, made if need be.

    The same statement and the same line in the trail whether it was known or not, so that the time
    a registration takes tells nobody whose addresses we know. Several may do it at once.
    """
    statement = insert(ContactPoint).values(kind=kind, value=value)
    point_id = db.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_contact_points_kind_value",
            set_={"kind": statement.excluded.kind},
        ).returning(ContactPoint.id)
    ).scalar_one()
    audit.record(actor, "contact_point.use", "contact_points", point_id, kind=kind)
    return int(point_id)


def reach(
    actor: Actor,
    person: Person,
    kind: ContactKind,
    value: str,
    on: date,
    *,
    confirmed: bool = False,
) -> PersonContact:
    """From `on`, the person can be reached there."""
    contact = PersonContact(
        person_id=person.id,
        contact_point_id=point(actor, kind, value),
        from_on=on,
        confirmed_at=clock.now() if confirmed else None,
    )
    db.session.add(contact)
    db.session.flush()
    return contact


def recipients_of(person_ids: Iterable[int], on: date | None = None) -> dict[int, Recipient]:
    """Person id → where their messages go; those who can't be reached are left out.

    The channel they prefer if they have it, else e-mail, telephone, post. Of several e-mail
    addresses a confirmed one, then the newest. An address that fails is passed over.
    """
    wanted = set(person_ids)
    day = on or clock.today()
    if not wanted:
        return {}
    rows = db.session.execute(
        select(
            Person.id,
            Person.full_name,
            Person.user_id,
            Person.preferred,
            ContactPoint.kind,
            ContactPoint.value,
        )
        .join(PersonContact, PersonContact.person_id == Person.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            Person.id.in_(wanted),
            ContactPoint.failing_since.is_(None),
            PersonContact.from_on <= day,
            or_(PersonContact.until_on.is_(None), PersonContact.until_on >= day),
        )
        .order_by(Person.id, PersonContact.confirmed_at.is_(None), PersonContact.id.desc())
    )
    found: dict[int, Recipient] = {}
    rank: dict[int, int] = {}
    for person_id, name, user_id, preferred, kind, value in rows:
        place = -1 if kind is preferred else _ORDER.index(kind)
        if person_id not in rank or place < rank[person_id]:
            rank[person_id] = place
            found[person_id] = Recipient(CHANNELS[kind], value, name, person_id, user_id)
    return found


def recipient_of(person_id: int, on: date | None = None) -> Recipient | None:
    """Where the person's messages go; None when they can't be reached."""
    return recipients_of([person_id], on).get(person_id)


def email_of(person_id: int, on: date) -> PersonContact | None:
    """The e-mail address they can be reached at on a day: a confirmed one, then the newest."""
    return db.session.scalar(
        select(PersonContact)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            PersonContact.person_id == person_id,
            ContactPoint.kind == ContactKind.EMAIL,
            PersonContact.from_on <= on,
            or_(PersonContact.until_on.is_(None), PersonContact.until_on >= on),
        )
        .order_by(PersonContact.confirmed_at.is_(None), PersonContact.id.desc())
        .limit(1)
    )
