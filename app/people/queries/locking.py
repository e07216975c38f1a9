"""One at a time: who changes a person holds the row of the person until the change is kept.

What is read after the lock is true until then, so "already so" and "not for somebody protected"
are plain questions. A person's row is locked before the rows that hang on it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.people.models import Person


def lock(person_id: int) -> Person:
    """The person as they are now, locked. Raises NotFound when they are gone."""
    found = lock_all([person_id])
    if not found:
        raise NotFound()
    return found[0]


def lock_all(person_ids: Iterable[int]) -> list[Person]:
    """Those people, as they are now, locked in one order, so that nobody waits for ever."""
    return list(
        db.session.scalars(
            select(Person)
            .where(Person.id.in_(sorted(set(person_ids))))
            .order_by(Person.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )
