"""Reminders and yearly questions that no longer need to be passed on."""

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
from app.people.queries import is_active_on, is_paused_on
from app.reminders.models import Reminder
from app.reminders.queries.facts import is_away

REMINDER, COURSE_CALL = "reminder", "reminder-course"
LETTER, CALL, CALL_ME = "still-here", "still-here-call", "call-me"  # the yearly question


def is_obsolete_message(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages of this room that are no longer needed."""
    return or_(_is_reminder_unneeded(on), is_question_answered(on), _was_called_back())


def _is_reminder_unneeded(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for reminders that the person does not need now.

    Their certificates were all renewed or revoked, or the person is away, paused or not approved.
    """
    needed = (
        exists()
        .where(
            or_(Reminder.message_id == Message.id, Reminder.call_id == Message.id),
            Reminder.voided_at.is_(None),
            Certificate.id == Reminder.certificate_id,
            Certificate.expires_on == Reminder.expires_on,
            or_(
                Certificate.revoked_at.is_(None),
                Certificate.revoked_at >= clock.end_of_day(on),
            ),
            not_(is_renewed(on)),
            Person.id == Certificate.person_id,
            Person.approved_at.is_not(None),
            Person.declined_at.is_(None),
            not_(is_away(on)),
            not_(is_paused_on(on)),
        )
        .correlate(Message)
    )
    return and_(Message.letter.in_([REMINDER, COURSE_CALL]), not_(needed))


def is_question_answered(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for yearly questions that no longer need an answer.

    The person has been in touch since the message was posted, or is no longer active. For a letter,
    contact on the same day does not count, because it may have been before the letter.
    """
    has_been_in_touch = (
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
    active = exists().where(Person.id == Message.person_id, is_active_on(on)).correlate(Message)
    return and_(Message.letter.in_([LETTER, CALL]), or_(has_been_in_touch, not_(active)))


def _was_called_back() -> ColumnElement[bool]:
    """Return the SQL condition for requests for a call that were followed by a successful call."""
    reached = was_reached_since(Message.person_id, Message.created_at)
    return and_(Message.letter == CALL_ME, reached)
