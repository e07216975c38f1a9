"""Lock people, so that only one transaction at a time can change a person.

Data read after taking the lock cannot change until the transaction ends. Lock people before you
lock rows that refer to them.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.people.models import Person


def lock_person(person_id: int) -> Person:
    """Lock a person's row and return its current data. Raises NotFound if it does not exist."""
    found = lock_people([person_id])
    if not found:
        raise NotFound()
    return found[0]


def lock_people(person_ids: Iterable[int]) -> list[Person]:
    """Lock people's rows in a fixed order, to avoid deadlocks, and return their current data."""
    return list(
        db.session.scalars(
            select(Person)
            .where(Person.id.in_(sorted(set(person_ids))))
            .order_by(Person.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )
