"""Queries for earlier imports and for people who already have a record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, not_, select

from app.core.db import db
from app.imports.models import PeopleImport
from app.people.models import Block, ContactPoint, Membership, Person, PersonContact
from app.people.types import Source


def find_import(digest: str) -> PeopleImport | None:
    """Return the import of the file with this SHA-256, or None."""
    return db.session.scalar(select(PeopleImport).where(PeopleImport.digest == digest))


def people_by_contact(values: Collection[str]) -> Sequence[Any]:
    """Return a row for each of these contact details that a person has or has had.

    Rows have id, full_name, folded_name, kind, value, left_on, declined_at, protected_at and blocks
    (True if the person has ever blocked anybody). People who have left come first, then the newest
    people. Unconfirmed registrations are left out, because anybody could have entered the address.
    """
    unconfirmed = and_(
        Person.source == Source.SELF, Person.confirmed_at.is_(None), Person.approved_at.is_(None)
    )
    blocks = select(Block.id).where(Block.person_id == Person.id).exists()
    return db.session.execute(
        select(
            Person.id,
            Person.full_name,
            Person.folded_name,
            ContactPoint.kind,
            ContactPoint.value,
            Person.left_on,
            Person.declined_at,
            Person.protected_at,
            blocks.label("blocks"),
        )
        .join(PersonContact, PersonContact.person_id == Person.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(ContactPoint.value.in_(values), not_(unconfirmed))
        .order_by(Person.left_on.is_not(None).desc(), Person.id.desc())
    ).all()


def memberships(person_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return (person ID, network ID) for all current and past memberships of these people."""
    rows = db.session.execute(
        select(Membership.person_id, Membership.network_id).where(
            Membership.person_id.in_(person_ids)
        )
    )
    return {(row[0], row[1]) for row in rows}
