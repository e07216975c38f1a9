"""Queries for unconfirmed registrations and saved drafts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from app.core.db import db
from app.people.models import ContactPoint, Person, PersonContact
from app.people.types import ContactKind, Source
from app.registration.models import SavedDraft


def person_id_by_submission(key: str) -> int | None:
    """Return the id of the person registered with this submission key, or None."""
    return db.session.scalar(select(Person.id).where(Person.submission == key))


def unconfirmed_before(instant: datetime) -> Sequence[int]:
    """Return the ids of people who never confirmed their email address, and lock their rows.

    They registered themselves before ``instant`` and no decision was made about them. Rows locked
    by another transaction are skipped.
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


def delete_people(person_ids: Collection[int]) -> None:
    """Delete these people, and any contact details that no other person uses."""
    db.session.execute(delete(Person).where(Person.id.in_(person_ids)))
    used = select(PersonContact.id).where(PersonContact.contact_point_id == ContactPoint.id)
    db.session.execute(delete(ContactPoint).where(~used.exists()))


def delete_expired_drafts(until: datetime) -> None:
    """Delete the saved drafts that expired at or before ``until``."""
    db.session.execute(delete(SavedDraft).where(SavedDraft.expires_at <= until))


def delete_drafts(draft_key: str) -> Sequence[str]:
    """Delete the saved drafts with this key. Returns their ids."""
    return db.session.scalars(
        delete(SavedDraft).where(SavedDraft.draft_key == draft_key).returning(SavedDraft.id)
    ).all()


def latest_draft_for(mailbox: str, now: datetime) -> SavedDraft | None:
    """Return the draft last saved for the mailbox (a digest) that has not expired, or None."""
    return db.session.scalars(
        select(SavedDraft)
        .where(SavedDraft.mailbox == mailbox, SavedDraft.expires_at > now)
        .order_by(SavedDraft.saved_at.desc(), SavedDraft.id)
        .limit(1)
    ).first()
