"""Queries for a person's absences, activity and changes made by staff."""

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
    """Return all the days on which we heard from a person, earliest first."""
    return db.session.scalars(
        select(ActivityConfirmation)
        .where(ActivityConfirmation.person_id == person_id)
        .order_by(ActivityConfirmation.on)
    ).all()


def change_source_entries(person_ids: Collection[int]) -> Sequence[AuditEntry]:
    """Return the audit entries that record who told staff about changes, earliest first."""
    return db.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject_type == Person.__tablename__,
            AuditEntry.subject_id.in_(person_ids),
            AuditEntry.verb == AuditVerb.PERSON_TOLD,
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    ).all()
