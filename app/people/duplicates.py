"""People who may be one: the same address or number, or much the same name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.people.models import NotDuplicate, Person, PersonContact
from app.people.queries import visible_to

SIMILAR = 0.6  # of 1, by trigrams


@dataclass(frozen=True)
class LookAlike:
    """Somebody who may be the same person, and why."""

    id: int
    name: str
    why: str


def look_alikes(scope: Scope, person_id: int) -> list[LookAlike]:
    """Whom the reader may see and who looks like this person, the likeliest first.

    Left out: pairs that staff have said are two people.
    """
    person = db.session.get(Person, person_id)
    if person is None:
        return []
    mine, theirs = aliased(PersonContact), aliased(PersonContact)
    shares = (
        select(literal(1))
        .select_from(mine)
        .join(theirs, theirs.contact_point_id == mine.contact_point_id)
        .where(mine.person_id == person_id, theirs.person_id == Person.id)
        .exists()
    )
    settled = (
        select(NotDuplicate.id)
        .where(
            NotDuplicate.first_id == func.least(Person.id, person_id),
            NotDuplicate.second_id == func.greatest(Person.id, person_id),
        )
        .exists()
    )
    alike = func.similarity(Person.full_name, person.full_name)
    rows = db.session.execute(
        select(Person.id, Person.full_name, shares.label("shares"))
        .where(
            Person.id != person_id,
            visible_to(scope, clock.today()),
            ~settled,
            or_(
                shares,
                Person.full_name.bool_op("%")(person.full_name) & (alike >= SIMILAR),
            ),
        )
        .order_by(shares.desc(), alike.desc(), Person.id)
        .limit(5)
    )
    return [
        LookAlike(row.id, row.full_name, "Same contact details" if row.shares else "Similar name")
        for row in rows
    ]
