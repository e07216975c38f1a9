"""Reads for importing lists of people: lists that were read in before, people who are known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, not_, select

from app.core.db import db
from app.people.models import Block, ContactPoint, Membership, PeopleImport, Person, PersonContact
from app.people.types import Source


def import_with(digest: str) -> PeopleImport | None:
    """The import of the file with this SHA-256."""
    return db.session.scalar(select(PeopleImport).where(PeopleImport.digest == digest))


def people_at(values: Collection[str]) -> Sequence[Any]:
    """A row for everybody and each of these addresses and numbers that they have, or had.

    Each has the person's id, full_name, left_on, declined_at, protected_at and blocks (whether
    they ever blocked anybody), with kind and value of the address. Those who have left come first,
    then the newest. A registration that nobody has confirmed proves nothing, and is left out.
    """
    unproved = and_(
        Person.source == Source.SELF, Person.confirmed_at.is_(None), Person.approved_at.is_(None)
    )
    blocks = select(Block.id).where(Block.person_id == Person.id).exists()
    return db.session.execute(
        select(
            Person.id,
            Person.full_name,
            ContactPoint.kind,
            ContactPoint.value,
            Person.left_on,
            Person.declined_at,
            Person.protected_at,
            blocks.label("blocks"),
        )
        .join(PersonContact, PersonContact.person_id == Person.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(ContactPoint.value.in_(values), not_(unproved))
        .order_by(Person.left_on.is_not(None).desc(), Person.id.desc())
    ).all()


def memberships(person_ids: Collection[int]) -> set[tuple[int, int]]:
    """Pairs of person and network of these people's memberships, those that have ended too."""
    rows = db.session.execute(
        select(Membership.person_id, Membership.network_id).where(
            Membership.person_id.in_(person_ids)
        )
    )
    return {(row[0], row[1]) for row in rows}
