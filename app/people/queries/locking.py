"""Lock a person's row, so that only one transaction at a time changes that person.

Data that is read after the lock cannot change until the commit. So a simple check, such as "already
done" or "not for protected people", is enough. Lock a person's row before the rows that refer to
it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.people.models import Person


def lock_person(person_id: int) -> Person:
    """Lock and return the person as they are now. Raises NotFound if the row does not exist."""
    found = lock_people([person_id])
    if not found:
        raise NotFound()
    return found[0]


def lock_people(person_ids: Iterable[int]) -> list[Person]:
    """Lock and return these people as they are now, in a fixed order to avoid deadlocks."""
    return list(
        db.session.scalars(
            select(Person)
            .where(Person.id.in_(sorted(set(person_ids))))
            .order_by(Person.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )
