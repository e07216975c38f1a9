"""Queries for a person's absences and for the days on which we heard from them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.core.db import db
from app.people.models import Absence, ActivityConfirmation


def all_absences(person_id: int) -> Sequence[Absence]:
    """Return all of a person's absences, earliest first."""
    return db.session.scalars(
        select(Absence).where(Absence.person_id == person_id).order_by(Absence.from_on, Absence.id)
    ).all()


def activity_confirmations(person_id: int) -> Sequence[ActivityConfirmation]:
    """Return all days on which a person's activity was confirmed, earliest first."""
    return db.session.scalars(
        select(ActivityConfirmation)
        .where(ActivityConfirmation.person_id == person_id)
        .order_by(ActivityConfirmation.on)
    ).all()
