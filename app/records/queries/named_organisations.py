"""Queries for organisation names that are not linked to an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.changes.queries import unlinked_name_conditions
from app.core.actor import Scope
from app.core.db import db
from app.people.models import Affiliation, Person


def list_unlinked_names(scope: Scope, on: date, limit: int) -> Sequence[Any]:
    """Return the organisation names that are not linked. The most frequent names come first.

    Rows have id (the ID of an affiliation with the name), named, folded and people. Only visible
    people are counted.
    """
    folded = func.public.fold_name(Affiliation.named).label("folded")
    people = func.count(Affiliation.person_id.distinct()).label("people")
    return db.session.execute(
        select(
            func.min(Affiliation.id).label("id"),
            func.min(Affiliation.named).label("named"),
            folded,
            people,
        )
        .join(Person, Person.id == Affiliation.person_id)
        .where(
            *unlinked_name_conditions(scope, on),
            Affiliation.organisation_id.is_(None),
            Affiliation.unmatched_at.is_(None),
        )
        .group_by(folded)
        .order_by(people.desc(), folded)
        .limit(limit)
    ).all()


def people_with_name(scope: Scope, on: date, affiliation_id: int) -> Sequence[Any]:
    """Return (id, full_name, named) for people who entered an unlinked name, sorted by full_name.

    Return an empty list if the reader is not allowed to see the name.
    """
    visible = unlinked_name_conditions(scope, on)
    open_names = [Affiliation.organisation_id.is_(None), Affiliation.unmatched_at.is_(None)]
    selected_name = (
        select(func.public.fold_name(Affiliation.named))
        .join(Person, Person.id == Affiliation.person_id)
        .where(Affiliation.id == affiliation_id, *visible, *open_names)
        .correlate(None)
        .scalar_subquery()
    )
    return db.session.execute(
        select(Person.id, Person.full_name, Affiliation.named)
        .join(Affiliation, Affiliation.person_id == Person.id)
        .where(*visible, *open_names, func.public.fold_name(Affiliation.named) == selected_name)
        .order_by(Person.folded_name, Person.id)
    ).all()


def count_people_to_link(scope: Scope, on: date) -> int:
    """Return how many people entered an organisation name that is not linked."""
    query = (
        select(func.count(Affiliation.person_id.distinct()))
        .select_from(Affiliation)
        .join(Person, Person.id == Affiliation.person_id)
        .where(
            *unlinked_name_conditions(scope, on),
            Affiliation.organisation_id.is_(None),
            Affiliation.unmatched_at.is_(None),
        )
    )
    return db.session.scalar(query) or 0
