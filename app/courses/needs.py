"""People's access needs, and what the run's trainer may see of them."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta

from app.core import audit, clock
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.courses import queries
from app.courses.queries.rows import attendees_with_access_needs
from app.courses.types import TrainerAccess

ACCESS_NEEDS_KEPT_MONTHS = 3


def change_trainer_access(actor: Actor, run_id: int, choice: TrainerAccess) -> None:
    """Change what the trainer may see about the actor. Raises NotFound if they have no place."""
    actor.require("courses:book")
    place = queries.find_place(run_id, actor.person_id) if actor.person_id is not None else None
    if place is None:
        raise NotFound()
    with audit.acting(actor, AuditVerb.BOOKING_CHOOSE_TRAINER_READS):
        place.trainer_reads = choice


def delete_old_access_needs(on: date) -> int:
    """Delete the access needs recorded for courses that ended over three months ago.

    People consented to their use for that course only. Returns the number of people.
    """
    oldest = clock.start_of(on - relativedelta(months=ACCESS_NEEDS_KEPT_MONTHS))
    rows = attendees_with_access_needs(oldest)
    with audit.acting(SYSTEM, AuditVerb.BOOKING_DELETE_ACCESS_NEEDS):
        for row in rows:
            row.access_needs = None
    return len(rows)
