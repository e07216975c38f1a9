"""Freeing the places of a run. The callers lock the run first."""

from __future__ import annotations

from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.courses.models import Attendee, Booking, CourseRun
from app.courses.queries import rows


def free_place(actor: Actor, run: CourseRun, attendee: Attendee) -> None:
    """Free an attendee's place and delete their access needs."""
    with audit.acting(actor, AuditVerb.BOOKING_GIVE_UP):
        attendee.cancelled_at = clock.now()
        attendee.access_needs = None
        run.revision += 1  # so that calendars accept the cancellation and any later booking
        cancel_if_empty(db.session.get_one(Booking, attendee.booking_id))


def free_places_held_twice(actor: Actor, person_id: int, other_id: int) -> None:
    """Free the first person's places on runs on which the other has a place too.

    This is for two records of one person that are merged.
    """
    for attendee in rows.places_held_twice(person_id, other_id):
        run = rows.get_run(attendee.run_id, lock=True)
        if run is not None:
            free_place(actor, run, attendee)


def cancel_if_empty(booking: Booking) -> None:
    """Cancel the booking if it holds no places and nobody has a place under it."""
    db.session.flush()
    if booking.headcount == 0 and not rows.has_attendees(booking.id):
        booking.cancelled_at = clock.now()
