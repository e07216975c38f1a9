"""Registrations that nobody confirmed, and drafts that were saved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from app.core.db import db
from app.people.models import ContactPoint, Person, PersonContact, SavedDraft
from app.people.types import ContactKind, Source


def with_submission(key: str) -> int | None:
    """The person whose registration was sent with this key."""
    return db.session.scalar(select(Person.id).where(Person.submission == key))


def unconfirmed_before(instant: datetime) -> Sequence[int]:
    """Ids of people who registered with an email address before then, never confirmed it and were
    not decided about; locked. Those that somebody else holds are left out.
    """
    with_email = (
        select(PersonContact.person_id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(ContactPoint.kind == ContactKind.EMAIL)
    )
    return db.session.scalars(
        select(Person.id)
        .where(
            Person.source == Source.SELF,
            Person.confirmed_at.is_(None),
            Person.approved_at.is_(None),
            Person.declined_at.is_(None),
            Person.registered_at < instant,
            Person.id.in_(with_email),
        )
        .order_by(Person.id)
        .with_for_update(skip_locked=True)
    ).all()


def remove(person_ids: Collection[int]) -> None:
    """Delete these people, and the addresses and numbers that nobody has then."""
    db.session.execute(delete(Person).where(Person.id.in_(person_ids)))
    used = select(PersonContact.id).where(PersonContact.contact_point_id == ContactPoint.id)
    db.session.execute(delete(ContactPoint).where(~used.exists()))


def remove_drafts(until: datetime) -> None:
    """Delete the saved drafts that have expired by then."""
    db.session.execute(delete(SavedDraft).where(SavedDraft.expires_at <= until))
