"""Free places on a run. The caller must lock the run first."""

from __future__ import annotations

from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.courses.models import Attendance, Attendee, Booking, CourseRun
from app.courses.queries import rows
from app.courses.types import Mark, TrainerAccess

# The columns about an earlier certificate that a coordinator has seen.
SEEN_CERTIFICATE_COLUMNS = (
    "earlier_seen_at",
    "earlier_seen_by_user_id",
    "earlier_kind_id",
    "earlier_awarded_on",
)
_STRICTNESS, _MOST_FIRST = list(TrainerAccess), list(Mark)


def free_place(actor: Actor, run: CourseRun, attendee: Attendee) -> None:
    """Free an attendee's place and delete their access needs."""
    with audit.acting(actor, AuditVerb.BOOKING_GIVE_UP):
        attendee.cancelled_at = clock.now()
        attendee.access_needs = None
        run.revision += 1  # calendars ignore an entry whose SEQUENCE has not increased
        cancel_if_empty(db.session.get_one(Booking, attendee.booking_id))


def free_duplicate_places(actor: Actor, person_id: int, other_id: int) -> None:
    """Free a person's places on runs where the other person also has a place.

    The two people are records of one person that are being merged. Details that were recorded only
    for the freed place are copied to the place that is kept.
    """
    for attendee, kept in rows.duplicate_places(person_id, other_id):
        run = rows.get_run(attendee.run_id, lock=True)
        if run is not None:
            with audit.acting(actor, AuditVerb.PERSON_MERGE):
                _copy_details(attendee, kept)
            free_place(actor, run, attendee)


def _copy_details(attendee: Attendee, kept: Attendee) -> None:
    """Copy the earlier certificate that was seen, the access needs and the attendance.

    What `kept` has is not replaced, except by a mark for more attendance. The trainer can see only
    what the person wanted for both places.
    """
    copy_seen_certificate(attendee, kept)
    copy_marks(attendee, kept)
    kept.access_needs = kept.access_needs or attendee.access_needs
    kept.trainer_reads = max(kept.trainer_reads, attendee.trainer_reads, key=_STRICTNESS.index)


def copy_marks(attendee: Attendee, kept: Attendee) -> None:
    """Copy the marks for sessions at which `kept` has no mark, or one for less attendance."""
    marks = {each.session_id: each for each in kept.marks}
    for each in attendee.marks:
        own = marks.get(each.session_id)
        if own is None:
            own = Attendance(attendee_id=kept.id, session_id=each.session_id)
            db.session.add(own)
        elif _MOST_FIRST.index(own.mark) <= _MOST_FIRST.index(each.mark):
            continue
        own.mark, own.marked_at = each.mark, each.marked_at
        own.marked_by_user_id = each.marked_by_user_id


def copy_seen_certificate(attendee: Attendee, other: Attendee) -> None:
    """Copy the earlier certificate that was seen to another place, unless that place has one."""
    if other.earlier_seen_at is None:
        for name in SEEN_CERTIFICATE_COLUMNS:
            setattr(other, name, getattr(attendee, name))


def cancel_if_empty(booking: Booking) -> None:
    """Cancel a booking that has no attendees and holds no unnamed places."""
    db.session.flush()
    if booking.headcount == 0 and not rows.has_attendees(booking.id):
        booking.cancelled_at = clock.now()
