"""Who was told, and how, what we do with their details (UK GDPR Art. 13, 14)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.messages.models import Message
from app.messages.queries import WAITING
from app.people import choices
from app.people.models import NoticeGiven, Person
from app.people.types import Source

DETAILS_RECEIVED = "details-received"
BY_HAND = "told by phone or post"
_WAITING = and_(Message.letter == DETAILS_RECEIVED, WAITING)


def give(person_id: int, how: str) -> None:
    """The newest notice was given to a person. Twice is once."""
    db.session.execute(
        insert(NoticeGiven)
        .values(
            person_id=person_id,
            version=choices.notice_version(),
            given_at=clock.now(),
            how=how,
        )
        .on_conflict_do_nothing()
    )


def still_waits() -> ColumnElement[bool]:
    """A condition on Person: the letter with the notice has not left yet; nothing overtakes it."""
    return select(Message.id).where(Message.person_id == Person.id, _WAITING).exists()


def waiting() -> list[int]:
    """Ids of the messages with the notice that have not left yet."""
    return list(db.session.scalars(select(Message.id).where(_WAITING).order_by(Message.id)))


def is_informed(person_id: int) -> bool:
    """Whether a person knows that we hold their details."""
    return bool(db.session.scalar(select(informed()).where(Person.id == person_id)))


def done_by_hand(actor: Actor, letter: str, person_id: int | None) -> None:
    """A coordinator rang or wrote: if it was this notice, it is given now."""
    if letter == DETAILS_RECEIVED and person_id is not None:
        give(person_id, BY_HAND)


def informed() -> ColumnElement[bool]:
    """A condition on Person: they know that we hold their details, so they may be reminded.

    Somebody from a partner's list may not be, until the notice of where their details came from
    was given.
    """
    given = select(NoticeGiven.id).where(NoticeGiven.person_id == Person.id).exists()
    return or_(Person.source != Source.IMPORT, given)
