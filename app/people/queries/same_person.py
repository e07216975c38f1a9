"""The query for people whose details are similar to the given details."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, any_, cast, func, or_, select, union
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT

from app.core import folding
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import is_current_or_future
from app.people.models import ContactPoint, Person, PersonContact, Presence
from app.people.queries.visibility import is_place_visible, visible_to
from app.people.types import Basis, ContactKind

MAX_CANDIDATES = 200


@dataclass(frozen=True)
class Candidate:
    """A person with a similar name, or with the same contact detail or postcode.

    `contacts` and `postcodes` contain only the searched values. Contact details are in lower case.
    """

    id: int
    full_name: str
    folded_name: str
    contacts: frozenset[str]
    postcodes: frozenset[str]


def possible_matches(
    scope: Scope,
    on: date,
    folded: Collection[str],
    *,
    contacts: Collection[str],
    postcodes: Collection[str],
) -> list[Candidate]:
    """Return visible people with a similar name, or with the same contact detail or postcode.

    `folded` contains folded names. People who have left are excluded. Past contact details are
    compared, but past places are not. People with the same contact detail come first. The limit
    counts only people that the reader is allowed to see. Runs one statement.
    """
    by_contact = select(PersonContact.person_id).where(_has_contact(contacts))
    by_postcode = select(Presence.person_id).where(_has_postcode(scope, postcodes, on))
    alike = or_(*(folding.has_similar_name(Person, each) for each in folded))
    by_name = select(Person.id).where(alike)
    wanted = union(by_contact, by_postcode, by_name).cte("wanted").prefix_with("MATERIALIZED")
    same_contacts = (
        select(func.array_agg(func.lower(cast(ContactPoint.value, Text))))
        .join(PersonContact, PersonContact.contact_point_id == ContactPoint.id)
        .where(PersonContact.person_id == Person.id, _has_contact(contacts))
        .correlate(Person)
        .scalar_subquery()
    )
    same_postcodes = (
        select(func.array_agg(cast(Presence.postcode, Text)))
        .where(Presence.person_id == Person.id, _has_postcode(scope, postcodes, on))
        .correlate(Person)
        .scalar_subquery()
    )
    similarity = func.greatest(*(func.similarity(Person.folded_name, each) for each in folded))
    rows = db.session.execute(
        select(Person.id, Person.full_name, Person.folded_name, same_contacts, same_postcodes)
        .where(
            Person.id.in_(select(wanted.c[0])),
            or_(Person.left_on.is_(None), Person.left_on > on),
            visible_to(scope, on),
        )
        .order_by(
            same_contacts.is_(None),
            same_postcodes.is_(None),
            similarity.desc(),
            Person.id,
        )
        .limit(MAX_CANDIDATES * len(folded))
    )
    return [
        Candidate(row[0], row[1], row[2], frozenset(row[3] or ()), frozenset(row[4] or ()))
        for row in rows
    ]


def _has_contact(values: Collection[str]) -> ColumnElement[bool]:
    points = select(ContactPoint.id).where(
        ContactPoint.kind.in_([ContactKind.EMAIL, ContactKind.PHONE]),
        ContactPoint.value == _array_operand(values, CITEXT()),
    )
    return PersonContact.contact_point_id.in_(points)


def _has_postcode(scope: Scope, values: Collection[str], on: date) -> ColumnElement[bool]:
    return and_(
        Presence.postcode == _array_operand(values, Presence.postcode.type),
        Presence.basis.in_([Basis.LIVES, Basis.WORKS]),
        is_place_visible(scope, on),
        is_current_or_future(Presence, on),
    )


def _array_operand(values: Collection[str], kind: Any) -> Any:
    """Return the right-hand side of the SQL condition `column = ANY (values)`.

    The SQL text does not depend on the number of values.
    """
    return any_(cast(sorted(values), ARRAY(kind)))
