"""Who was told, and how, what we do with their details (UK GDPR Art. 13, 14)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.people import choices
from app.people.import_writing import DETAILS_RECEIVED
from app.people.models import NoticeGiven, Person
from app.people.types import Source

BY_HAND = "told by phone or post"


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
