"""Registrations that were joined to somebody's record: what stands at the address they had."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from app.core.actor import Scope
from app.core.db import db
from app.core.errors import Conflict
from app.people import queries
from app.people.models import JoinedRegistration, Person


class Joined(Conflict):
    """The registration is part of somebody's record now. person_id: whose."""

    def __init__(self, person_id: int, name: str) -> None:
        super().__init__(f"This registration was joined to {name}’s record.")
        self.person_id = person_id


def look(scope: Scope, closed_id: int, on: date) -> None:
    """Whether there was a registration with this id that was joined to somebody's record.

    Raises Joined if so, and if the reader may read that record: one statement, so that a hidden
    record takes the same path as no registration at all.
    """
    person = db.session.scalar(
        select(Person)
        .join(JoinedRegistration, JoinedRegistration.person_id == Person.id)
        .where(JoinedRegistration.closed_id == closed_id, queries.visible_to(scope, on))
    )
    if person is not None:
        raise Joined(person.id, person.full_name)


def with_submission(key: str) -> int | None:
    """Whose record the registration with this key was joined to."""
    return db.session.scalar(
        select(JoinedRegistration.person_id).where(JoinedRegistration.submission == key)
    )


def of_person(person_id: int) -> list[JoinedRegistration]:
    """The registrations that were joined to a record, the earliest first."""
    return list(
        db.session.scalars(
            select(JoinedRegistration)
            .where(JoinedRegistration.person_id == person_id)
            .order_by(JoinedRegistration.id)
        )
    )
