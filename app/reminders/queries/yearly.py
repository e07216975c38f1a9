"""Queries for the yearly letter that asks people whether they are still taking part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Date, Integer, cast, func, literal, select

from app.core import clock
from app.core.db import db
from app.messages.models import Message
from app.messages.queries import WAITING
from app.messages.types import BY_HAND
from app.people.models import Person
from app.people.queries import is_active_on, is_not_confirmed_on
from app.reminders.queries.obsolete_messages import CALL, LETTER, is_question_answered

CYCLE = 365  # days between two questions to the same person
STRIDE = 137  # shares no factor with CYCLE, so consecutive IDs are spread over the year
CATCH_UP = 30  # days after which a missed question is left out until next year
FIRST_AFTER = timedelta(days=180)  # since the approval


def last_turn(on: date) -> ColumnElement[date]:
    """Return an SQL expression for the latest day, up to `on`, on which to ask a person."""
    turn = func.mod(Person.id, CYCLE) * STRIDE
    days_ago = func.mod(literal(on.toordinal(), Integer()) - turn, CYCLE)
    return cast(literal(on, Date()) - cast(days_ago, Integer), Date)


def _message_key(name: str, on: date) -> ColumnElement[str]:
    """Return an SQL expression for the key of this year's message to a person."""
    return func.concat(name, ":", Person.id, ":", cast(last_turn(on), type_=Message.key.type))


def _was_posted(name: str, on: date) -> ColumnElement[bool]:
    return select(Message.id).where(Message.key == _message_key(name, on)).exists()


def people_to_ask(on: date) -> Sequence[tuple[int, str]]:
    """Return (person ID, message key) for each person to ask on a given day, ordered by ID.

    These people are active, joined at least half a year ago, and have not been asked this year.
    """
    turn = last_turn(on)
    rows = db.session.execute(
        select(Person.id, _message_key(LETTER, on))
        .where(
            is_active_on(on),
            turn > on - timedelta(days=CATCH_UP),
            Person.approved_at < clock.start_of_day(on) - FIRST_AFTER,
            ~_was_posted(LETTER, on),
        )
        .order_by(Person.id)
    )
    return [(person_id, key) for person_id, key in rows]


def people_to_call(on: date, answer_within: timedelta) -> Sequence[tuple[int, str]]:
    """Return (person ID, key of the call) for people who have not replied in time, ordered by ID.

    They were asked this year by email or text, and have not been in touch since.
    """
    asked = (
        select(Message.id)
        .where(
            Message.key == _message_key(LETTER, on),
            Message.channel.not_in(BY_HAND),
            Message.voided_at.is_(None),
            Message.created_at < clock.start_of_day(on) - answer_within,
        )
        .exists()
    )
    rows = db.session.execute(
        select(Person.id, _message_key(CALL, on))
        .where(is_not_confirmed_on(on), asked, ~_was_posted(CALL, on))
        .order_by(Person.id)
    )
    return [(person_id, key) for person_id, key in rows]


def unneeded_calls(on: date) -> Sequence[int]:
    """Return the IDs of waiting yearly calls and letters that are no longer needed."""
    return db.session.scalars(
        select(Message.id)
        .where(
            Message.letter.in_([LETTER, CALL]),
            WAITING,
            Message.channel.in_(BY_HAND),
            is_question_answered(on),
        )
        .order_by(Message.id)
    ).all()
