"""Queries for the history of a person: absences, days we heard from them, and told changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.people.models import Absence, ActivityConfirmation, Person


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


def told_changes(person_ids: Collection[int]) -> Sequence[AuditEntry]:
    """Return the entries that say who told staff about changes to people, earliest first."""
    return db.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject_type == Person.__tablename__,
            AuditEntry.subject_id.in_(person_ids),
            AuditEntry.verb == AuditVerb.PERSON_TOLD,
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    ).all()
