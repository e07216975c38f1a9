"""Queries for unconfirmed registrations and saved drafts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, func, not_, or_, select, update

from app.core.db import db
from app.core.in_force import in_force
from app.people.models import ContactPoint, Person, PersonContact
from app.people.safety.models import CallAttempt
from app.people.types import CallOutcome, ContactKind, Source
from app.registration.models import SavedDraft


def person_id_by_submission(key: str) -> int | None:
    """Return the ID of the person with this submission key, or None."""
    return db.session.scalar(select(Person.id).where(Person.submission == key))


def has_phone_or_post() -> ColumnElement[bool]:
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


def person_has_phone_or_post(person_id: int) -> bool:
    """Return whether the person has a phone number or a postal address."""
    query = select(Person.id).where(Person.id == person_id, has_phone_or_post())
    return db.session.scalar(query) is not None


def unconfirmed_at_address(contact_id: int, on: date) -> Sequence[PersonContact]:
    """Return the email addresses of unconfirmed registrations with the same mailbox as a contact.

    The oldest registration comes first. Addresses that are not vouched for are left out.
    """
    point = select(PersonContact.contact_point_id).where(PersonContact.id == contact_id)
    return db.session.scalars(
        select(PersonContact)
        .join(Person, Person.id == PersonContact.person_id)
        .where(
            PersonContact.contact_point_id == point.scalar_subquery(),
            PersonContact.vouched_at.is_not(None),
            in_force(PersonContact, on),
            Person.source == Source.SELF,
            Person.confirmed_at.is_(None),
            Person.approved_at.is_(None),
            Person.declined_at.is_(None),
            Person.left_on.is_(None),
        )
        .order_by(Person.registered_at, Person.id)
    ).all()


def find_unconfirmed_registrations(instant: datetime, always_before: datetime) -> Sequence[int]:
    """Lock and return the IDs of people who registered before ``instant`` and never confirmed.

    People with a phone number or postal address are included only if calls on two days have failed,
    or if they registered before ``always_before``. Decided registrations, and rows locked by
    another transaction, are left out.
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
                not_(has_phone_or_post()),
                Person.id.in_(failed),
                Person.registered_at < always_before,
            ),
        )
        .order_by(Person.id)
        .with_for_update(skip_locked=True)
    ).all()


def delete_people(person_ids: Collection[int]) -> None:
    """Delete these people, and contact details that no other person uses."""
    db.session.execute(delete(Person).where(Person.id.in_(person_ids)))
    used = select(PersonContact.id).where(PersonContact.contact_point_id == ContactPoint.id)
    db.session.execute(delete(ContactPoint).where(~used.exists()))


def delete_expired_drafts(until: datetime) -> None:
    """Delete the saved drafts that have expired by ``until``."""
    db.session.execute(delete(SavedDraft).where(SavedDraft.expires_at <= until))


def delete_drafts(draft_key: str) -> Sequence[str]:
    """Delete the saved drafts with this key. Return their IDs."""
    return db.session.scalars(
        delete(SavedDraft).where(SavedDraft.draft_key == draft_key).returning(SavedDraft.id)
    ).all()


def update_draft(draft_key: str, mailbox: str, content: str) -> None:
    """Update the content of a saved draft, if it exists. ``mailbox`` is a hash of the address."""
    db.session.execute(
        update(SavedDraft)
        .where(SavedDraft.draft_key == draft_key, SavedDraft.mailbox == mailbox)
        .values(content=content)
    )


def find_latest_draft(mailbox: str, now: datetime) -> SavedDraft | None:
    """Return the latest unexpired draft for an address, or None.

    ``mailbox`` is a hash of the address.
    """
    return db.session.scalars(
        select(SavedDraft)
        .where(SavedDraft.mailbox == mailbox, SavedDraft.expires_at > now)
        .order_by(SavedDraft.saved_at.desc(), SavedDraft.id)
        .limit(1)
    ).first()
