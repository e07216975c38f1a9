"""What people need to take part, and what the run's trainer may read of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from app.certificates import expiry
from app.core import audit, clock
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import NotFound
from app.courses import queries
from app.courses.models import Attendee, CourseSession
from app.courses.types import TrainerReads

KEEP_NEEDS_MONTHS = 3


def choose(actor: Actor, run_id: int, reads: TrainerReads) -> None:
    """A champion changes what the trainer may read of them. Raises NotFound without a place."""
    place = queries.on_run(run_id, actor.person_id) if actor.person_id is not None else None
    if place is None:
        raise NotFound()
    with audit.acting(actor, AuditVerb.BOOKING_CHOOSE_TRAINER_READS):
        place.trainer_reads = reads


def forget_access_needs(on: date) -> int:
    """Empty what people needed to take part in courses that ended over three months ago; returns
    of how many. Their consent was for the course only.
    """
    last = (
        select(func.max(CourseSession.ends_at))
        .where(CourseSession.run_id == Attendee.run_id)
        .correlate(Attendee)
        .scalar_subquery()
    )
    rows = db.session.scalars(
        select(Attendee).where(
            Attendee.access_needs.is_not(None),
            last < clock.start_of(expiry.add_months(on, -KEEP_NEEDS_MONTHS)),
        )
    ).all()
    with audit.acting(SYSTEM, AuditVerb.BOOKING_FORGET_ACCESS_NEEDS):
        for row in rows:
            row.access_needs = None
    return len(rows)
