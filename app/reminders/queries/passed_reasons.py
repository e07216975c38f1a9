"""Reminders and yearly questions that nobody needs to pass on any more."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, case, exists, not_, or_

from app.certificates.models import Certificate
from app.certificates.queries import is_renewed
from app.changes.queries import was_reached_since
from app.core import clock
from app.messages.models import Message
from app.messages.queries import date_posted
from app.people.models import ActivityConfirmation, Person
from app.people.queries import active_on
from app.reminders.models import Reminder

REMINDER, COURSE_CALL = "reminder", "reminder-course"
LETTER, CALL, CALL_ME = "still-here", "still-here-call", "call-me"  # the yearly question


def passed_reason(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages of this room that nobody needs any more."""
    return or_(_reminder(on), still_here_answered(on), _called_back())


def _reminder(on: date) -> ColumnElement[bool]:
    """Return the condition for reminders of which every certificate was renewed or revoked."""
    needed = (
        exists()
        .where(
            or_(Reminder.message_id == Message.id, Reminder.call_id == Message.id),
            Reminder.voided_at.is_(None),
            Certificate.id == Reminder.certificate_id,
            Certificate.expires_on == Reminder.expires_on,
            or_(
                Certificate.revoked_at.is_(None),
                Certificate.revoked_at >= clock.end_of(on),
            ),
            not_(is_renewed(on)),
        )
        .correlate(Message)
    )
    return and_(Message.letter.in_([REMINDER, COURSE_CALL]), not_(needed))


def still_here_answered(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for the yearly question once it needs no answer.

    The person was heard from since it was posted, or is no longer active. On the day of the letter
    they may have been heard from before it. A call is made only to people who were not.
    """
    heard = (
        exists()
        .where(
            ActivityConfirmation.person_id == Message.person_id,
            ActivityConfirmation.on <= on,
            case(
                (Message.letter == CALL, ActivityConfirmation.on >= date_posted()),
                else_=ActivityConfirmation.on > date_posted(),
            ),
        )
        .correlate(Message)
    )
    active = exists().where(Person.id == Message.person_id, active_on(on)).correlate(Message)
    return and_(Message.letter.in_([LETTER, CALL]), or_(heard, not_(active)))


def _called_back() -> ColumnElement[bool]:
    """Return the SQL condition for requests to be called, after a call that reached the person."""
    reached = was_reached_since(Message.person_id, Message.created_at)
    return and_(Message.letter == CALL_ME, reached)
