"""Reads of who may sign in at an address."""

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


def at_address(address: str, user_id: int, on: date) -> Sequence[Any]:
    """A row for everybody for whom an address is vouched on a day, and for who signs in as this
    user (0: nobody); by id, one statement.

    The person's id, full_name, user_id, source, confirmed_at, approved_at, declined_at, left_on,
    with contact_id and value of the address (None where it is not theirs).
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
    wanted = union(
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
        .where(Person.id.in_(wanted.scalar_subquery()))
        .order_by(Person.id)
    ).all()


def holder_of(user_id: int) -> Person | None:
    """The person who signs in as this user."""
    return db.session.scalar(select(Person).where(Person.user_id == user_id))


@dataclass(frozen=True)
class OfUser:
    """Who signs in as a user; approved: they were taken on."""

    id: int
    approved: bool


def person_of_user(user_id: int) -> OfUser | None:
    """Who signs in as this user; None for staff, who are no people of the network."""
    row = db.session.execute(
        select(Person.id, Person.approved_at).where(Person.user_id == user_id)
    ).first()
    return OfUser(row.id, row.approved_at is not None) if row is not None else None


def is_protected_user(user_id: int) -> bool:
    """Whether the person who signs in as this user is protected."""
    found = select(Person.id).where(Person.user_id == user_id, Person.protected_at.is_not(None))
    return db.session.scalar(found) is not None
