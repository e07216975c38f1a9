"""Queries for unconfirmed registrations and saved drafts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, not_, or_, select, update

from app.core.db import db
from app.people.models import ContactPoint, Person, PersonContact
from app.people.safety.models import CallAttempt
from app.people.types import CallOutcome, ContactKind, Source
from app.registration.models import SavedDraft


def person_id_by_submission(key: str) -> int | None:
    """Return the id of the person registered with this submission key, or None."""
    return db.session.scalar(select(Person.id).where(Person.submission == key))


def can_be_reached_otherwise() -> ColumnElement[bool]:
    """Return the SQL condition for people with a phone number or a postal address."""
    return (
        select(PersonContact.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            PersonContact.person_id == Person.id,
            ContactPoint.kind.in_([ContactKind.PHONE, ContactKind.POST]),
            PersonContact.until_on.is_(None),
        )
        .exists()
    )


def is_reachable_otherwise(person_id: int) -> bool:
    """Return whether the person has a phone number or a postal address."""
    query = select(Person.id).where(Person.id == person_id, can_be_reached_otherwise())
    return db.session.scalar(query) is not None


def registrations_unconfirmed_before(instant: datetime, at_most: datetime) -> Sequence[int]:
    """Return the ids of people who never confirmed their email address, and lock their rows.

    They registered themselves before ``instant`` and no decision was made about them. People who
    can be reached in another way are included only after calls on two days have failed, or if they
    registered before ``at_most``. Rows locked by another transaction are skipped.
    """
    failed = (
        select(CallAttempt.person_id)
        .where(CallAttempt.outcome == CallOutcome.NOT_REACHED)
        .group_by(CallAttempt.person_id)
        .having(func.max(CallAttempt.on) > func.min(CallAttempt.on))
    )
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
            or_(
                not_(can_be_reached_otherwise()),
                Person.id.in_(failed),
                Person.registered_at < at_most,
            ),
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


def update_draft(draft_key: str, mailbox: str, content: str) -> None:
    """Replace what was saved of a draft for the mailbox (a digest), if anything was."""
    db.session.execute(
        update(SavedDraft)
        .where(SavedDraft.draft_key == draft_key, SavedDraft.mailbox == mailbox)
        .values(content=content)
    )


def latest_draft_for(mailbox: str, now: datetime) -> SavedDraft | None:
    """Return the draft last saved for the mailbox (a digest) that has not expired, or None."""
    return db.session.scalars(
        select(SavedDraft)
        .where(SavedDraft.mailbox == mailbox, SavedDraft.expires_at > now)
        .order_by(SavedDraft.saved_at.desc(), SavedDraft.id)
        .limit(1)
    ).first()
