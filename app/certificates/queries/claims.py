"""Queries for training that people say they have done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from app.certificates.types import OpenClaim
from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.people.models import Person, TrainingClaim
from app.people.queries import is_claim_visible, is_in_states, visible_to
from app.people.state import COUNTED_STATES
from app.people.types import PersonState


def person_claims(scope: Scope, person_id: int) -> Sequence[TrainingClaim]:
    """Return a person's claims that are within the scope, ordered by ID."""
    return db.session.scalars(
        select(TrainingClaim)
        .where(TrainingClaim.person_id == person_id, is_claim_visible(scope))
        .order_by(TrainingClaim.id)
    ).all()


def find_claim(
    scope: Scope, claim_id: int, on: date, *, lock: bool = False
) -> tuple[TrainingClaim, Person] | None:
    """Return a claim and the person who made it, or None if they are not within the scope.

    With `lock`, also lock the claim. Uses one statement, so that the response time does not reveal
    whether a hidden claim exists.
    """
    query = (
        select(TrainingClaim, Person)
        .join(Person, Person.id == TrainingClaim.person_id)
        .where(TrainingClaim.id == claim_id, is_claim_visible(scope), visible_to(scope, on))
    )
    if lock:
        query = query.with_for_update(of=TrainingClaim).execution_options(populate_existing=True)
    found = db.session.execute(query).first()
    return (found[0], found[1]) if found is not None else None


def open_claims(scope: Scope, on: date, limit: int) -> list[OpenClaim]:
    """Return at most `limit` unchecked claims made by people in the network, oldest first.

    Claims by applicants are left out, because they are checked with the application.
    """
    in_network = is_in_states([*COUNTED_STATES, PersonState.QUIET, PersonState.AWAY], on)
    rows = db.session.execute(
        select(Person.id, Person.full_name, TrainingClaim.course, TrainingClaim.claimed_at)
        .join(TrainingClaim, TrainingClaim.person_id == Person.id)
        .where(
            visible_to(scope, on),
            in_network,
            TrainingClaim.settled_at.is_(None),
            is_claim_visible(scope),
        )
        .order_by(TrainingClaim.claimed_at, TrainingClaim.id)
        .limit(limit)
    )
    return [
        OpenClaim(person_id, name, course, clock.london_day(claimed_at))
        for person_id, name, course, claimed_at in rows
    ]
