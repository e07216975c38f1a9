"""Queries for the yearly question whether people still take part."""

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
from app.people.queries import active_on, is_not_confirmed_on
from app.reminders.queries.passed_reasons import CALL, LETTER, still_here_answered

CYCLE = 365  # days between two questions to the same person
STRIDE = 137  # shares no factor with CYCLE, so consecutive IDs are spread over the year
CATCH_UP = 30  # days after which a missed question is left out until next year
FIRST_AFTER = timedelta(days=180)  # since the approval


def last_asked_on(on: date) -> ColumnElement[date]:
    """Return the last day, up to a given day, on which it was a person's turn to be asked."""
    turn = func.mod(Person.id, CYCLE) * STRIDE
    days_ago = func.mod(literal(on.toordinal(), Integer()) - turn, CYCLE)
    return cast(literal(on, Date()) - cast(days_ago, Integer), Date)


def _message_key(name: str, on: date) -> ColumnElement[str]:
    """Return the key of this year's message to a person."""
    return func.concat(name, ":", Person.id, ":", cast(last_asked_on(on), type_=Message.key.type))


def _was_posted(name: str, on: date) -> ColumnElement[bool]:
    return select(Message.id).where(Message.key == _message_key(name, on)).exists()


def people_to_ask(on: date) -> Sequence[tuple[int, str]]:
    """Return the ID and the message's key of each person to ask on a given day, by ID.

    They are active, joined half a year before their turn, and have not been asked this year.
    """
    turn = last_asked_on(on)
    rows = db.session.execute(
        select(Person.id, _message_key(LETTER, on))
        .where(
            active_on(on),
            turn > on - timedelta(days=CATCH_UP),
            Person.approved_at < clock.start_of(on) - FIRST_AFTER,
            ~_was_posted(LETTER, on),
        )
        .order_by(Person.id)
    )
    return [(person_id, key) for person_id, key in rows]


def people_to_call(on: date, answer_within: timedelta) -> Sequence[tuple[int, str]]:
    """Return the ID and the call's key of each person who has not answered in time, by ID.

    They were asked this year by email or text, have not been heard from since, and are not
    confirmed.
    """
    asked = (
        select(Message.id)
        .where(
            Message.key == _message_key(LETTER, on),
            Message.channel.not_in(BY_HAND),
            Message.voided_at.is_(None),
            Message.created_at < clock.start_of(on) - answer_within,
        )
        .exists()
    )
    rows = db.session.execute(
        select(Person.id, _message_key(CALL, on))
        .where(is_not_confirmed_on(on), asked, ~_was_posted(CALL, on))
        .order_by(Person.id)
    )
    return [(person_id, key) for person_id, key in rows]


def calls_without_reason(on: date) -> Sequence[int]:
    """Return the IDs of waiting calls and letters of this question that are no longer needed."""
    return db.session.scalars(
        select(Message.id)
        .where(
            Message.letter.in_([LETTER, CALL]),
            WAITING,
            Message.channel.in_(BY_HAND),
            still_here_answered(on),
        )
        .order_by(Message.id)
    ).all()
