"""Reads for a person's history."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.core.db import db
from app.people.models import Absence, ActivityConfirmation


def absences(person_id: int) -> Sequence[Absence]:
    """All absences of a person, the earliest first."""
    return db.session.scalars(
        select(Absence).where(Absence.person_id == person_id).order_by(Absence.from_on, Absence.id)
    ).all()


def activity_confirmations(person_id: int) -> Sequence[ActivityConfirmation]:
    """All days on which it was noted that somebody is still active, the earliest first."""
    return db.session.scalars(
        select(ActivityConfirmation)
        .where(ActivityConfirmation.person_id == person_id)
        .order_by(ActivityConfirmation.on)
    ).all()
