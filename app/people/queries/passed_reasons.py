"""Messages to people that nobody needs to pass on any more."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_

from app.messages.letters import change_report_names
from app.messages.models import Message
from app.people.models import NoticeGiven, Person
from app.people.types import DETAILS_RECEIVED


def passed_reason(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages to people who left, and for notices given since.

    People who left still hear that their details changed, because somebody else may have done it.
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
