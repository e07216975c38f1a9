"""Registrations that were joined to somebody's record."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from app.core.actor import Scope
from app.core.db import db
from app.people.models import JoinedRegistration, Person
from app.people.queries.visibility import visible_to


def person_of(scope: Scope, closed_id: int, on: date) -> Person | None:
    """Whose record the registration with this id was joined to, if the reader may read them.

    One statement, so that a hidden record takes the same path as no registration at all.
    """
    return db.session.scalar(
        select(Person)
        .join(JoinedRegistration, JoinedRegistration.person_id == Person.id)
        .where(JoinedRegistration.closed_id == closed_id, visible_to(scope, on))
    )


def person_with_submission(key: str) -> int | None:
    """Id of the person whose record the registration with this key was joined to."""
    return db.session.scalar(
        select(JoinedRegistration.person_id).where(JoinedRegistration.submission == key)
    )


def registrations_joined_to(person_id: int) -> list[JoinedRegistration]:
    """The registrations that were joined to a record, the earliest first."""
    return list(
        db.session.scalars(
            select(JoinedRegistration)
            .where(JoinedRegistration.person_id == person_id)
            .order_by(JoinedRegistration.id)
        )
    )
