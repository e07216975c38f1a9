"""Find possible duplicates: people with the same contact details, or a similar name and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.people import same_person
from app.people.duplicate_models import NotDuplicate
from app.people.models import Affiliation, Person, Presence
from app.people.queries import is_affiliation_visible
from app.people.same_person import MatchReason, PersonDetails, PossibleMatch
from app.people.types import Basis, ContactKind

EMAIL, PHONE = ContactKind.EMAIL, ContactKind.PHONE
MAX_SHOWN = 5

_REASONS = ("contact", "organisation", "place", "same name", "similar name")  # strongest first
_REASON_LABELS = {
    "contact": "same contact details",
    "organisation": "similar name, same organisation",
    "place": "similar name, same area",
    "same name": "same name",
    "similar name": "similar name",
}


@dataclass(frozen=True)
class PossibleDuplicate:
    """A person who may be a duplicate, and the reason for this."""

    id: int
    name: str
    reason: str


def find_duplicates(scope: Scope, person_id: int) -> list[PossibleDuplicate]:
    """Return the possible duplicates of a person that the reader can see, most likely first.

    People who have left and people who were marked as different are left out.
    """
    person = db.session.get(Person, person_id)
    if person is None:
        return []
    details = PersonDetails(
        person.full_name,
        emails=[each.point.value for each in person.contacts if each.point.kind == EMAIL],
        phones=[each.point.value for each in person.contacts if each.point.kind == PHONE],
        postcodes=[each.postcode for each in person.presences if each.postcode],
    )
    found = same_person.find_possible_matches(scope, details, clock.today(), excluding=[person_id])
    shared = _shared_details(scope, person, [each.id for each in found])
    reasons = {each.id: _reason(each, shared.get(each.id)) for each in found}
    shown = [each for each in found if each.id in shared]
    shown.sort(key=lambda each: _REASONS.index(reasons[each.id]))  # a stable sort
    return [
        PossibleDuplicate(each.id, each.name, _REASON_LABELS[reasons[each.id]])
        for each in shown[:MAX_SHOWN]
    ]


def _reason(found: PossibleMatch, shared: Any) -> str:
    if found.reason is MatchReason.CONTACT:
        return "contact"
    if shared is not None and shared.organisation:
        return "organisation"
    if found.reason is MatchReason.POSTCODE or (shared is not None and shared.place):
        return "place"
    return "same name" if shared is not None and shared.same_name else "similar name"


def _shared_details(scope: Scope, person: Person, ids: Sequence[int]) -> dict[int, Any]:
    """Return the details that each of these people shares with ``person``, by ID.

    Each row has organisation, place and same_name. People who were marked as different are left
    out.
    """
    rows = db.session.execute(
        select(
            Person.id,
            _shares_organisation(scope, person.id).label("organisation"),
            _shares_place(person.id).label("place"),
            (Person.folded_name == person.folded_name).label("same_name"),
        ).where(Person.id.in_(ids), ~_is_marked_different(person.id))
    )
    return {row.id: row for row in rows}


def are_marked_different(one_id: int, other_id: int) -> bool:
    """Return whether staff marked these two records as different people."""
    marked = select(Person.id).where(Person.id == one_id, _is_marked_different(other_id))
    return db.session.scalar(marked) is not None


def _is_marked_different(person_id: int) -> ColumnElement[bool]:
    return (
        select(NotDuplicate.id)
        .where(
            NotDuplicate.first_id == func.least(Person.id, person_id),
            NotDuplicate.second_id == func.greatest(Person.id, person_id),
        )
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
            is_affiliation_visible(scope, own),
            is_affiliation_visible(scope, other),
        )
        .exists()
    )


def _shares_place(person_id: int) -> ColumnElement[bool]:
    """Return the SQL condition for people who live or work in the same ward or postcode."""
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
