"""The SQL condition for letters about courses that are no longer needed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from app.core import clock
from app.courses.models import Attendee, CourseRun, CourseSession
from app.courses.queries import holders
from app.messages import queries as messages

CHANGED = "run-changed"
PLACE_LETTERS = ("booking-confirmed", CHANGED)  # the attendee has a place
NO_PLACE_LETTERS = ("booking-cancelled", "run-place-lost")  # the attendee no longer has a place
CANCELLED = "run-cancelled"
RECORDED, ATTENDED, CORRECTED = "training-recorded", "attendance-recorded", "training-corrected"


def is_obsolete_message(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for letters about courses that staff no longer have to pass on.

    A letter about a place is obsolete after the run, when there is a letter about a later change,
    or when the person has lost the place or has one again. A letter about a change is needed for
    any place that the person has on the run. A letter about a result is obsolete when there is a
    newer result.
    """
    about_places = (*PLACE_LETTERS, *NO_PLACE_LETTERS, CANCELLED)
    is_upcoming = (
        exists()
        .where(
            CourseSession.run_id == messages.id_in_context("run_id", *about_places),
            CourseSession.ends_at >= clock.start_of_day(on),
        )
        .correlate_except(CourseSession)
    )
    person_id = messages.recipient_person_id()
    is_theirs = holders.attendee_person_id() == person_id
    is_named = Attendee.id == messages.id_in_context("attendee_id", *PLACE_LETTERS)
    has_place = (
        exists()
        .where(
            Attendee.run_id == messages.id_in_context("run_id", *PLACE_LETTERS),
            or_(
                and_(is_named, or_(person_id.is_(None), is_theirs)),
                and_(messages.is_letter(CHANGED), is_theirs),  # also needed for another place
            ),
            Attendee.cancelled_at.is_(None),
            CourseRun.id == Attendee.run_id,
            CourseRun.cancelled_at.is_(None),
        )
        .correlate_except(Attendee, CourseRun)
    )
    has_place_again = (
        exists()
        .where(
            Attendee.run_id == messages.id_in_context("run_id", *NO_PLACE_LETTERS),
            is_theirs,
            Attendee.cancelled_at.is_(None),
        )
        .correlate_except(Attendee)
    )
    signed_off = (
        exists()
        .where(
            CourseRun.id == messages.id_in_context("run_id", RECORDED, ATTENDED),
            CourseRun.completed_at.is_not(None),
        )
        .correlate_except(CourseRun)
    )
    return or_(
        and_(messages.is_letter(*about_places), not_(is_upcoming)),
        and_(messages.is_letter(*PLACE_LETTERS), not_(has_place)),
        and_(messages.is_letter(*PLACE_LETTERS), messages.is_superseded_by(CHANGED, "attendee_id")),
        has_place_again,
        and_(messages.is_letter(RECORDED, ATTENDED), not_(signed_off)),
        and_(messages.is_letter(RECORDED), messages.is_superseded_by(CORRECTED)),
        and_(messages.is_letter(ATTENDED, CORRECTED), messages.is_superseded_by(RECORDED)),
    )
