"""Find messages that staff no longer need to pass on to people."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_

from app.messages.letters import change_report_names
from app.messages.models import Message
from app.people.models import NoticeGiven, Person
from app.people.types import DETAILS_RECEIVED


def is_obsolete_message(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages that no longer need to be passed on.

    These are messages to people who have left the network, and privacy notices that people have
    since been given another way. Messages about changed details are still passed on to people who
    have left, because somebody else could have made the change.
    """
    left = (
        exists()
        .where(Person.id == Message.person_id, Person.left_on <= on)
        .correlate_except(Person)
    )
    given = (
        exists()
        .where(
            NoticeGiven.person_id == Message.person_id, NoticeGiven.given_at >= Message.created_at
        )
        .correlate_except(NoticeGiven)
    )
    return or_(
        and_(Message.letter.not_in(change_report_names()), left),
        and_(Message.letter == DETAILS_RECEIVED, given),
    )
