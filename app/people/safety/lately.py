"""Wishes that somebody signed in as a person set lately, and those that counted before.

Whoever holds a signed-in device can ask for silence in the person's name. So for some days the
letter that says that something changed goes by the wishes from before. Those of somebody protected
count at once, for their old mailbox may be dangerous.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import BigInteger, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.audit import AuditEntry
from app.core.db import db
from app.core.in_force import is_over, not_over
from app.people.models import Person
from app.people.safety.models import SafeContact
from app.people.safety.types import Wishes

LATELY = timedelta(days=7)


def before(person_ids: Iterable[int], on: date) -> dict[int, Wishes | None]:
    """Person id → the wishes that counted before (None: none), for those whose wishes of a day were
    set on their own page within the last week and who are not protected. One statement.
    """
    own = (
        select(AuditEntry.id)
        .where(
            AuditEntry.subject_type == SafeContact.__tablename__,
            AuditEntry.subject_id == SafeContact.id,
            AuditEntry.actor_user_id == Person.user_id,
        )
        .exists()
    )
    rows = db.session.execute(
        select(SafeContact, own)
        .join(Person, Person.id == SafeContact.person_id)
        .where(
            SafeContact.person_id == any_(literal(sorted(set(person_ids)), ARRAY(BigInteger()))),
            SafeContact.from_on <= on,
            not_over(SafeContact, on - LATELY),
            Person.protected_at.is_(None),
        )
        .order_by(SafeContact.person_id, SafeContact.id)
    )
    found: dict[int, Wishes | None] = {}
    settled: dict[int, Wishes | None] = {}
    for row, by_themself in rows:
        if not (by_themself and row.from_on > on - LATELY):
            settled[row.person_id] = row.wishes
            found.pop(row.person_id, None)
        elif not is_over(row, on):
            found[row.person_id] = settled.get(row.person_id)
    return found
