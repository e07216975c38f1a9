"""Reads of messages, and the lock under which one is sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, true, tuple_

from app.core import paging, registry
from app.core.actor import Scope
from app.core.db import db
from app.messages.models import Message
from app.messages.types import BY_HAND, DEMO_HISTORY, Channel

WAITING = and_(Message.sent_at.is_(None), Message.voided_at.is_(None), Message.failed_at.is_(None))
ELECTRONIC = (Channel.EMAIL, Channel.SMS)
_NEWEST_FIRST = paging.Order("sent", (datetime, int))


@dataclass(frozen=True)
class MessageFilter:
    """Which waiting messages a sender may take.

    letters: only these, or any (None); only: these rows alone, or any (None).
    """

    channel: Channel
    letters: Collection[str] | None = None
    only: Collection[int] | None = None


def claim(which: MessageFilter, now: datetime) -> Message | None:
    """The next message that is due, locked for this transaction; nobody else can take it.

    The lock ends with the transaction, also when the process is killed: the row then waits again.
    """
    wanted: list[ColumnElement[bool]] = []
    if which.letters is not None:
        wanted.append(Message.letter.in_(which.letters))
    if which.only is not None:
        wanted.append(Message.id.in_(which.only))
    return db.session.scalar(
        select(Message)
        .where(Message.channel == which.channel, Message.send_after <= now, WAITING, *wanted)
        .order_by(Message.send_after, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def locked(message_id: int) -> Message | None:
    """The message, locked until this transaction ends."""
    return db.session.scalar(select(Message).where(Message.id == message_id).with_for_update())


def any_posted(keys: Collection[str]) -> bool:
    """Whether a message with one of these keys was posted."""
    return db.session.scalar(select(Message.id).where(Message.key.in_(keys)).limit(1)) is not None


def addressed_to(person_id: int, places: Collection[tuple[Channel, str]]) -> ColumnElement[bool]:
    """A condition on Message: to the person, at one of these pairs of channel and address."""
    place = tuple_(Message.channel, func.lower(Message.address))
    return and_(
        Message.person_id == person_id,
        place.in_([(channel, address.lower()) for channel, address in places]),
    )


def first_waiting(which: ColumnElement[bool], names: Collection[str]) -> int | None:
    """The id of the oldest of these messages that waits and whose letter has one of these names."""
    return db.session.scalar(
        select(func.min(Message.id)).where(which, WAITING, Message.letter.in_(names))
    )


def waiting_places(person_id: int) -> set[tuple[Channel, str]]:
    """Where the messages go that wait for a person: pairs of channel and address."""
    rows = db.session.execute(
        select(Message.channel, Message.address)
        .where(Message.person_id == person_id, WAITING)
        .distinct()
    )
    return {(channel, address) for channel, address in rows}


def message(message_id: int) -> Message | None:
    """The message."""
    return db.session.get(Message, message_id)


def readable_by(scope: Scope) -> ColumnElement[bool]:
    """A condition on Message: it is about nothing that the reader may not see. Whether they may
    read the person is a question of its own.
    """
    return and_(true(), *(not_(unseen(scope)) for unseen in registry.hidden_messages))


def readable_writers(scope: Scope, rows: Sequence[Message]) -> frozenset[int | None]:
    """Of those who noted what came of these messages, the users whose words the reader may read."""
    found = frozenset(row.done_by_user_id for row in rows if row.outcome)
    for those in registry.readable_writers:
        found = those(scope, found)
    return found


def of_person(scope: Scope, person_id: int) -> Sequence[Message]:
    """What was sent to a person, or failed, as far as the reader may know of it; newest first."""
    return db.session.scalars(
        select(Message)
        .where(
            Message.person_id == person_id,
            readable_by(scope),
            or_(Message.sent_at.is_not(None), Message.failed_at.is_not(None)),
        )
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(200)
    ).all()


def sent_here(asked: str, cursor: str | None, size: int) -> paging.Page[Message]:
    """Emails and texts that were sent from here, newest first; `asked`: a part of an address or
    name. What the demonstration's past says was sent never left any machine.
    """
    wanted: list[ColumnElement[bool]] = [
        Message.channel.in_(ELECTRONIC),
        Message.sent_at.is_not(None),
        Message.provider_reference.is_distinct_from(DEMO_HISTORY),
    ]
    if asked:
        wanted.append(
            or_(
                Message.address.icontains(asked, autoescape=True),
                Message.name.icontains(asked, autoescape=True),
            )
        )
    after = _NEWEST_FIRST.decode(cursor)
    if after is not None:
        wanted.append(tuple_(Message.sent_at, Message.id) < after)
    rows = db.session.scalars(
        select(Message)
        .where(*wanted)
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(size + 1)
    ).all()
    return _NEWEST_FIRST.page(rows, lambda row: (row.sent_at, row.id), cursor, size)


def counts() -> dict[str, int]:
    """How many wait to be sent, wait for a coordinator, and could not be delivered."""
    row = db.session.execute(
        select(
            func.count().filter(WAITING, Message.channel.in_(ELECTRONIC)).label("waiting"),
            func.count().filter(WAITING, Message.channel.in_(BY_HAND)).label("by_hand"),
            func.count().filter(Message.failed_at.is_not(None)).label("failed"),
        ).where(Message.sent_at.is_(None), Message.voided_at.is_(None))
    ).one()
    return {"waiting": row.waiting, "by_hand": row.by_hand, "failed": row.failed}
