"""Find possible duplicates: people with the same contact details, or a similar name and place."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.people.models import Affiliation, NotDuplicate, Person, PersonContact, Presence
from app.people.queries import affiliation_known_to, visible_to
from app.people.types import Basis

MIN_SIMILARITY = 0.5  # trigram similarity, from 0 to 1
MAX_SHOWN = 5

_CONTACT, _NAME, _PLACE, _ORGANISATION = 4, 1, 2, 3
_WHY = {
    _CONTACT: "same contact details",
    _ORGANISATION: "similar name, same organisation",
    _PLACE: "similar name, same area",
    _NAME: "same name",
}


@dataclass(frozen=True)
class PossibleDuplicate:
    """A person who may be a duplicate, and the reason."""

    id: int
    name: str
    why: str


def find_duplicates(scope: Scope, person_id: int) -> list[PossibleDuplicate]:
    """Return the visible people who may be this person, most likely first.

    Pairs that staff marked as different and people who have left are excluded.
    """
    person = db.session.get(Person, person_id)
    if person is None:
        return []
    similarity = func.similarity(Person.full_name, person.full_name)
    similar = and_(Person.full_name.op("%")(person.full_name), similarity >= MIN_SIMILARITY)
    shares = _shares_contact(person_id)
    reason = case(
        (shares, literal(_CONTACT)),
        (_shares_organisation(scope, person_id), literal(_ORGANISATION)),
        (_shares_place(person_id), literal(_PLACE)),
        (func.lower(Person.full_name) == person.full_name.lower(), literal(_NAME)),
        else_=literal(0),
    )
    found = (
        select(Person.id, Person.full_name, reason.label("reason"), similarity.label("similarity"))
        .where(
            Person.id != person_id,
            Person.left_on.is_(None),
            visible_to(scope, clock.today()),
            ~_marked_different(person_id),
            or_(shares, similar),
        )
        .subquery()
    )
    rows = db.session.execute(
        select(found)
        .where(found.c.reason > 0)
        .order_by(found.c.reason.desc(), found.c.similarity.desc(), found.c.id)
        .limit(MAX_SHOWN)
    )
    return [PossibleDuplicate(row.id, row.full_name, _WHY[row.reason]) for row in rows]


def are_marked_different(one_id: int, other_id: int) -> bool:
    """Return whether staff marked these two as different people."""
    marked = select(Person.id).where(Person.id == one_id, _marked_different(other_id))
    return db.session.scalar(marked) is not None


def _marked_different(person_id: int) -> ColumnElement[bool]:
    return (
        select(NotDuplicate.id)
        .where(
            NotDuplicate.first_id == func.least(Person.id, person_id),
            NotDuplicate.second_id == func.greatest(Person.id, person_id),
        )
        .exists()
    )


def _shares_contact(person_id: int) -> ColumnElement[bool]:
    own, other = aliased(PersonContact), aliased(PersonContact)
    return (
        select(literal(1))
        .select_from(own)
        .join(other, other.contact_point_id == own.contact_point_id)
        .where(own.person_id == person_id, other.person_id == Person.id)
        .exists()
    )


def _shares_organisation(scope: Scope, person_id: int) -> ColumnElement[bool]:
    own, other = aliased(Affiliation), aliased(Affiliation)
    same = or_(
        other.organisation_id == own.organisation_id,
        func.lower(other.named) == func.lower(own.named),
    )
    return (
        select(literal(1))
        .select_from(own)
        .join(other, same)
        .where(
            own.person_id == person_id,
            other.person_id == Person.id,
            affiliation_known_to(scope, own),
            affiliation_known_to(scope, other),
        )
        .exists()
    )


def _shares_place(person_id: int) -> ColumnElement[bool]:
    """Match people who live or work in the same ward or postcode."""
    own, other = aliased(Presence), aliased(Presence)
    bases = [Basis.LIVES, Basis.WORKS]
    same = or_(other.ward_id == own.ward_id, other.postcode == own.postcode)
    return (
        select(literal(1))
        .select_from(own)
        .join(other, same)
        .where(
            own.person_id == person_id,
            other.person_id == Person.id,
            own.basis.in_(bases),
            other.basis.in_(bases),
        )
        .exists()
    )
