"""Queries for registrations that were merged into another record."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from app.core.actor import Scope
from app.core.db import db
from app.people.duplicate_models import MergedRegistration
from app.people.models import Person
from app.people.queries.visibility import visible_to


def merged_person(scope: Scope, closed_id: int, on: date) -> Person | None:
    """Return the person that a registration was merged into, or None.

    Returns None if the reader is not allowed to see the person. This is one statement, so that
    response times are the same for hidden and missing records.
    """
    return db.session.scalar(
        select(Person)
        .join(MergedRegistration, MergedRegistration.person_id == Person.id)
        .where(MergedRegistration.closed_id == closed_id, visible_to(scope, on))
    )


def merged_person_id(key: str) -> int | None:
    """Return the ID of the person that the registration with this key was merged into, or None."""
    return db.session.scalar(
        select(MergedRegistration.person_id).where(MergedRegistration.submission == key)
    )


def registrations_merged_into(person_id: int) -> list[MergedRegistration]:
    """Return the registrations that were merged into a person's record, earliest first."""
    return list(
        db.session.scalars(
            select(MergedRegistration)
            .where(MergedRegistration.person_id == person_id)
            .order_by(MergedRegistration.id)
        )
    )
