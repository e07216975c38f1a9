"""What people need to take part, and what the run's trainer may read of them."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta

from app.core import audit, clock
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.courses import queries
from app.courses.queries.rows import with_access_needs
from app.courses.types import TrainerReads

KEEP_NEEDS_MONTHS = 3


def choose(actor: Actor, run_id: int, reads: TrainerReads) -> None:
    """A champion changes what the trainer may read of them. Raises NotFound without a place."""
    actor.require("courses:book")
    place = queries.on_run(run_id, actor.person_id) if actor.person_id is not None else None
    if place is None:
        raise NotFound()
    with audit.acting(actor, AuditVerb.BOOKING_CHOOSE_TRAINER_READS):
        place.trainer_reads = reads


def forget_access_needs(on: date) -> int:
    """Empty what people needed to take part in courses that ended over three months ago; returns
    of how many. Their consent was for the course only.
    """
    rows = with_access_needs(clock.start_of(on - relativedelta(months=KEEP_NEEDS_MONTHS)))
    with audit.acting(SYSTEM, AuditVerb.BOOKING_FORGET_ACCESS_NEEDS):
        for row in rows:
            row.access_needs = None
    return len(rows)
