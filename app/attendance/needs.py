"""Access needs, and what the trainer is allowed to see."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta

from app.changes.change_source import Subject, record_source, subject_id
from app.changes.subject import find_subject
from app.core import audit, clock
from app.core.actor import SYSTEM, Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.courses import queries
from app.courses.queries.rows import attendees_with_access_needs
from app.courses.types import BookingFacts, TrainerAccess
from app.people.queries import get_visible

ACCESS_NEEDS_KEPT_MONTHS = 3


@record_source(AuditVerb.BOOKING_CHANGE_NEEDS)
def change_access_needs(
    actor: Actor, subject: Subject, run_id: int, access_needs: str | None, choice: TrainerAccess
) -> None:
    """Change a person's access needs for a run, and what the trainer can see.

    `subject` is None for the actor. Raises NotFound if the person has no place on the run, or if
    the actor is not allowed to change the person's details.
    """
    if subject is None:
        actor.require("courses:book")
    person = find_subject(actor, subject_id(subject))
    place = queries.find_place(run_id, person.id)
    if place is None:
        raise NotFound()
    with audit.acting(actor, AuditVerb.BOOKING_CHANGE_NEEDS):
        place.access_needs = access_needs or None
        place.trainer_reads = choice


def own_access_needs(actor: Actor, run_id: int) -> str:
    """Return the actor's access needs for a run, or ""."""
    place = queries.find_place(run_id, actor.person_id) if actor.person_id is not None else None
    return (place.access_needs or "") if place is not None else ""


def get_place(actor: Actor, person_id: int, run_id: int, on: date) -> BookingFacts:
    """Return a person's current place on a run.

    Raises NotFound if there is none, or if the actor is not allowed to change the person's details.
    """
    actor.require("people:change")
    get_visible(Scope.for_actor(actor), person_id)
    for each in queries.list_bookings(person_id, on):
        if each.run.id == run_id and each.cancelled_on is None:
            return each
    raise NotFound()


def delete_old_access_needs(on: date) -> int:
    """Delete access needs three months after the end of the run, and return the number of people.

    People consented to their use for that course only.
    """
    oldest = clock.start_of_day(on - relativedelta(months=ACCESS_NEEDS_KEPT_MONTHS))
    rows = attendees_with_access_needs(oldest)
    with audit.acting(SYSTEM, AuditVerb.BOOKING_DELETE_ACCESS_NEEDS):
        for row in rows:
            row.access_needs = None
    return len(rows)
