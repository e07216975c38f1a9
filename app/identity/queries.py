"""Queries for the people who can sign in with an address or as a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, union

from app.core.db import db
from app.core.in_force import in_force
from app.people.models import ContactPoint, Person, PersonContact
from app.people.types import ContactKind


def people_at_address(address: str, user_id: int, on: date) -> Sequence[Any]:
    """Return a row for each person who has this vouched address or signs in as this user.

    ``user_id`` is 0 if there is no user. Runs one statement. Each row has the person's id,
    full_name, user_id, source, confirmed_at, approved_at, declined_at and left_on, and the
    contact_id and value of the address (None if the person does not have the address). Rows are
    ordered by ID.
    """
    of_address = (
        select(PersonContact.person_id, PersonContact.id.label("contact_id"), ContactPoint.value)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            ContactPoint.kind == ContactKind.EMAIL,
            ContactPoint.value == address.strip(),
            PersonContact.vouched_at.is_not(None),
            in_force(PersonContact, on),
        )
        .cte("of_address")
    )
    person_ids = union(
        select(of_address.c.person_id), select(Person.id).where(Person.user_id == user_id)
    )
    return db.session.execute(
        select(
            Person.id,
            Person.full_name,
            Person.user_id,
            Person.source,
            Person.confirmed_at,
            Person.approved_at,
            Person.declined_at,
            Person.left_on,
            of_address.c.contact_id,
            of_address.c.value,
        )
        .outerjoin(of_address, of_address.c.person_id == Person.id)
        .where(Person.id.in_(person_ids.scalar_subquery()))
        .order_by(Person.id)
    ).all()


def find_person_by_user(user_id: int) -> Person | None:
    """Return the person who signs in as this user, or None."""
    return db.session.scalar(select(Person).where(Person.user_id == user_id))


@dataclass(frozen=True)
class PersonStatus:
    """The status of a person who signs in as a user. ``id`` is the person's ID."""

    id: int
    approved: bool
    protected: bool


def find_person_status(user_id: int) -> PersonStatus | None:
    """Return the status of the person who signs in as this user, or None."""
    row = db.session.execute(
        select(Person.id, Person.approved_at, Person.protected_at).where(Person.user_id == user_id)
    ).first()
    if row is None:
        return None
    return PersonStatus(row.id, row.approved_at is not None, row.protected_at is not None)
