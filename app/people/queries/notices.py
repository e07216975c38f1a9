"""Queries for the privacy notice."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select

from app.core.db import db
from app.messages.models import Message
from app.messages.queries import WAITING
from app.people.models import NoticeGiven, Person
from app.people.types import DETAILS_RECEIVED, Source

_WAITING = and_(Message.letter == DETAILS_RECEIVED, WAITING)


def is_notice_pending() -> ColumnElement[bool]:
    """Return the SQL condition for people whose privacy notice has not been sent yet."""
    return select(Message.id).where(Message.person_id == Person.id, _WAITING).exists()


def unsent_notices() -> list[int]:
    """Return the IDs of unsent messages that contain the privacy notice."""
    return list(db.session.scalars(select(Message.id).where(_WAITING).order_by(Message.id)))


def has_been_informed() -> ColumnElement[bool]:
    """Return the SQL condition for people who know that we hold their details.

    We are allowed to write to these people. People imported from a partner's list are informed when
    they are given the privacy notice.
    """
    given = select(NoticeGiven.id).where(NoticeGiven.person_id == Person.id).exists()
    return or_(Person.source != Source.IMPORT, given)


def is_informed(person_id: int) -> bool:
    """Return whether a person knows that we hold their details."""
    return bool(db.session.scalar(select(has_been_informed()).where(Person.id == person_id)))
