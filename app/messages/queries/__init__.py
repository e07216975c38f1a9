"""Queries for messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.orm import aliased, defer

from app.core import clock, paging, registry
from app.core.actor import Scope
from app.core.db import db
from app.messages.models import HANDOVER_NUMBERS, HandoverAttempt, Message
from app.messages.types import BY_HAND, DEMO_HISTORY, Channel

WAITING = and_(Message.sent_at.is_(None), Message.voided_at.is_(None), Message.failed_at.is_(None))
UNDELIVERED = and_(
    Message.sent_at.is_(None),
    Message.voided_at.is_(None),
    Message.failed_at.is_not(None),
    Message.last_error.is_not(None),  # otherwise it may have been sent
)
# The condition that the outcome of a message's last attempt is unknown.
MAY_HAVE_SENT = and_(Message.sent_at.is_(None), HandoverAttempt.attempt > Message.attempts)
ELECTRONIC = (Channel.EMAIL, Channel.SMS)
_NEWEST_FIRST = paging.Order("sent", (datetime, int))


@dataclass(frozen=True)
class MessageFilter:
    """A filter for the waiting messages to send.

    `letters` limits them to these letters, and `only` to these IDs. None means no limit.
    """

    channel: Channel
    letters: Collection[str] | None = None
    only: Collection[int] | None = None


def claim_next_message(filters: MessageFilter, now: datetime) -> Message | None:
    """Lock and return the next message that is due, or None.

    The lock ends with the transaction.
    """
    conditions: list[ColumnElement[bool]] = []
    if filters.letters is not None:
        conditions.append(Message.letter.in_(filters.letters))
    if filters.only is not None:
        conditions.append(Message.id.in_(filters.only))
    return db.session.scalar(
        select(Message)
        .where(Message.channel == filters.channel, Message.send_after <= now, WAITING, *conditions)
        .order_by(Message.send_after, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def count_results(ids: Collection[int]) -> dict[str, int]:
    """Return how many of these messages were sent, failed, were voided or are waiting.

    Waits for other workers that are sending any of these messages, so that the numbers are final.
    """
    rows = db.session.execute(
        select(Message.sent_at, Message.failed_at, Message.voided_at)
        .where(Message.id.in_(ids))
        .order_by(Message.id)
        .with_for_update(read=True)
    ).all()
    found = {
        "sent": sum(row.sent_at is not None for row in rows),
        "failed": sum(row.failed_at is not None for row in rows),
        "voided": sum(row.voided_at is not None for row in rows),
    }
    return found | {"waiting": len(rows) - sum(found.values())}


def attempt_in_doubt(message_id: int) -> datetime | None:
    """Return the time of the last attempt to send this message, if its outcome is unknown.

    Otherwise return None. The message must be locked.
    """
    return db.session.scalar(
        select(HandoverAttempt.began_at)
        .join(Message, Message.id == HandoverAttempt.message_id)
        .where(Message.id == message_id, MAY_HAVE_SENT)
    )


def may_have_been_sent() -> ColumnElement[bool]:
    """Return the SQL condition for messages that may or may not have been sent."""
    in_doubt = exists().where(HandoverAttempt.message_id == Message.id, MAY_HAVE_SENT)
    return or_(
        in_doubt.correlate(Message),
        and_(Message.unsettled_at.is_not(None), Message.sent_at.is_(None)),
    )


def last_attempt_number() -> int:
    """Return the number of the last attempt to send a message, or 0."""
    columns = (literal_column("last_value", BigInteger), literal_column("is_called", Boolean))
    statement = select(*columns).select_from(text(HANDOVER_NUMBERS.name))
    number, is_used = db.session.execute(statement).one()
    return int(number) if is_used else 0


def unsettled_messages() -> Sequence[Message]:
    """Return the messages that may have been sent, or sent twice, oldest first."""
    is_stopped = and_(MAY_HAVE_SENT, Message.voided_at.is_not(None))
    return db.session.scalars(
        select(Message)
        .outerjoin(HandoverAttempt, HandoverAttempt.message_id == Message.id)
        .where(or_(Message.unsettled_at.is_not(None), is_stopped))
        .options(defer(Message.context), defer(Message.subject), defer(Message.text))
        .order_by(Message.id)
    ).all()


def lock_message(message_id: int) -> Message | None:
    """Lock and return the message, or return None if it does not exist."""
    return db.session.scalar(select(Message).where(Message.id == message_id).with_for_update())


def message_id_by_key(key: str) -> int | None:
    """Return the ID of the message with this key, or None."""
    return db.session.scalar(select(Message.id).where(Message.key == key))


def pending_manual_message_id(key: str) -> int | None:
    """Return the ID of the message with this key if staff still have to call or write, or None."""
    return db.session.scalar(
        select(Message.id).where(
            Message.key == key,
            Message.channel.in_(BY_HAND),
            Message.sent_at.is_(None),
            Message.voided_at.is_(None),
        )
    )


def any_posted(keys: Collection[str]) -> bool:
    """Return whether a message with any of these keys has been posted."""
    return db.session.scalar(select(Message.id).where(Message.key.in_(keys)).limit(1)) is not None


def is_addressed_to(
    person_id: int, destinations: Collection[tuple[Channel, str]]
) -> ColumnElement[bool]:
    """Return the SQL condition for messages to the person at any of these destinations."""
    destination = tuple_(Message.channel, func.lower(Message.address))
    return and_(
        Message.person_id == person_id,
        destination.in_([(channel, address.lower()) for channel, address in destinations]),
    )


def is_addressed_only_to(emails: Collection[str]) -> ColumnElement[bool]:
    """Return the SQL condition for emails to one of these addresses, without a person or user."""
    return and_(
        Message.person_id.is_(None),
        Message.user_id.is_(None),
        Message.channel == Channel.EMAIL,
        func.lower(Message.address).in_([each.lower() for each in emails]),
    )


def oldest_waiting_message_id(condition: ColumnElement[bool], names: Collection[str]) -> int | None:
    """Return the ID of the oldest waiting message that meets the condition, or None.

    Only messages of the letters `names` are included.
    """
    return db.session.scalar(
        select(func.min(Message.id)).where(condition, WAITING, Message.letter.in_(names))
    )


def destinations_of_waiting_messages(person_id: int) -> set[tuple[Channel, str]]:
    """Return the channels and addresses of the messages that are waiting for a person."""
    rows = db.session.execute(
        select(Message.channel, Message.address)
        .where(Message.person_id == person_id, WAITING)
        .distinct()
    )
    return {(channel, address) for channel, address in rows}


def undelivered_emails(
    person_id: int, on: date, fixed_address: Collection[str]
) -> list[tuple[int, str, str]]:
    """Return the ID, letter and address of a person's undelivered emails that are still needed.

    Emails that may have been sent, and the letters in `fixed_address`, are left out.
    """
    undelivered = (
        select(Message.id, Message.letter, Message.address)
        .where(
            Message.person_id == person_id,
            Message.channel == Channel.EMAIL,
            UNDELIVERED,
            Message.letter.not_in(fixed_address),
        )
        .order_by(Message.id)
    )
    # Few people have any, and the condition for those that are still needed is slow.
    if db.session.execute(undelivered.limit(1)).first() is None:
        return []
    rows = db.session.execute(undelivered.where(is_still_needed(on)))
    return [(message_id, letter, address) for message_id, letter, address in rows]


def find_message(message_id: int) -> Message | None:
    """Return the message, or None."""
    return db.session.get(Message, message_id)


def is_letter(*names: str) -> ColumnElement[bool]:
    """Return the SQL condition for messages of the letters with these names."""
    return Message.letter.in_(names)


def id_in_key(*names: str) -> ColumnElement[int | None]:
    """Return an SQL expression for the ID in the key of these letters, or NULL."""
    part = part_of_key(2)
    is_id = part.op("~")("^[0-9]{1,18}$")
    return case((and_(is_letter(*names), is_id), cast(part, BigInteger)), else_=None)


def recipient_person_id() -> ColumnElement[int | None]:
    """Return an SQL expression for the ID of the person that a message is for, or NULL."""
    return Message.person_id.expression


def part_of_key(number: int) -> ColumnElement[str]:
    """Return an SQL expression for one part of a message's key, or "". Parts count from 1."""
    return func.split_part(Message.key, ":", number)


def id_in_context(field: str, *names: str) -> ColumnElement[int | None]:
    """Return an SQL expression for the ID in a field of the context of these letters, or NULL."""
    return case((is_letter(*names), cast(Message.context[field].astext, BigInteger)), else_=None)


def is_superseded_by(letter: str, field: str | None = None) -> ColumnElement[bool]:
    """Return the SQL condition for messages that were followed by a message of this letter.

    Both messages are to the same person and have the same ID in their key (see `id_in_key`), or in
    this field of their context.
    """
    later = aliased(Message)
    same = func.split_part(later.key, ":", 2) == part_of_key(2)
    if field is not None:
        same = later.context[field].astext == Message.context[field].astext
    return (
        exists()
        .where(
            later.person_id == Message.person_id,
            later.id > Message.id,
            later.letter == letter,
            same,
        )
        .correlate(Message)
    )


def date_posted() -> ColumnElement[date]:
    """Return an SQL expression for the day on which a message was posted, in London."""
    return cast(func.timezone("Europe/London", Message.created_at), Date)


def is_still_needed(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages that are still needed on the day `on`.

    A message becomes needed again if the change that made it unnecessary is undone.
    """
    obsolete = [func.coalesce(each(on), false()) for each in registry.obsolete_messages]
    return not_(or_(false(), *obsolete))


def messages_by_key(
    keys: Collection[str], *, also_voided_for: str, also_in_doubt: bool = False
) -> Sequence[Message]:
    """Return the messages with these keys, oldest first.

    Voided messages are left out, unless they were voided for the reason `also_voided_for`. With
    `also_in_doubt`, voided messages that may have been sent are included too.
    """
    included = [Message.voided_at.is_(None), Message.void_reason == also_voided_for]
    if also_in_doubt:
        included.append(Message.unsettled_at.is_not(None))
    return db.session.scalars(
        select(Message)
        .where(Message.key.in_(keys), or_(*included))
        .options(defer(Message.context), defer(Message.subject), defer(Message.text))
        .order_by(Message.id)
    ).all()


def is_readable_by(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for messages whose subject is not hidden from the reader.

    Callers must check that the reader is allowed to see the person.
    """
    return and_(true(), *(not_(is_hidden(scope)) for is_hidden in registry.hidden_messages))


def readable_writers(scope: Scope, rows: Sequence[Message]) -> frozenset[int | None]:
    """Return the IDs of the users whose notes about calls and letters the reader can read."""
    found = frozenset(row.done_by_user_id for row in rows if row.outcome)
    for filter_readable in registry.readable_writers:
        found = filter_readable(scope, found)
    return found


def messages_to_person(scope: Scope, person_id: int) -> Sequence[Message]:
    """Return the sent and failed messages to a person that the reader can see, newest first."""
    return db.session.scalars(
        select(Message)
        .where(
            Message.person_id == person_id,
            is_readable_by(scope),
            or_(Message.sent_at.is_not(None), Message.failed_at.is_not(None)),
        )
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(200)
    ).all()


def sent_messages(search: str, cursor: str | None, size: int) -> paging.Page[Message]:
    """Return a page of emails and texts sent from this site, newest first.

    `search` is a part of an address or name. Leaves out messages of the demonstration that were
    never sent.
    """
    conditions: list[ColumnElement[bool]] = [
        Message.channel.in_(ELECTRONIC),
        Message.sent_at.is_not(None),
        Message.provider_reference.is_distinct_from(DEMO_HISTORY),
    ]
    if search:
        conditions.append(
            or_(
                Message.address.icontains(search, autoescape=True),
                Message.name.icontains(search, autoescape=True),
            )
        )
    after = _NEWEST_FIRST.decode(cursor)
    if after is not None:
        conditions.append(tuple_(Message.sent_at, Message.id) < after)
    rows = db.session.scalars(
        select(Message)
        .where(*conditions)
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(size + 1)
    ).all()
    return _NEWEST_FIRST.page(rows, lambda row: (row.sent_at, row.id), cursor, size)


def message_counts() -> dict[str, int]:
    """Return how many messages are waiting to be sent, waiting for a coordinator, or failed.

    "unsettled" counts the failed messages that may have been sent.
    """
    by_hand = and_(WAITING, Message.channel.in_(BY_HAND), is_still_needed(clock.today()))
    row = db.session.execute(
        select(
            func.count().filter(WAITING, Message.channel.in_(ELECTRONIC)).label("waiting"),
            func.count().filter(by_hand).label("by_hand"),
            func.count().filter(Message.failed_at.is_not(None)).label("failed"),
            func.count()
            .filter(Message.failed_at.is_not(None), Message.unsettled_at.is_not(None))
            .label("unsettled"),
        ).where(Message.sent_at.is_(None), Message.voided_at.is_(None))
    ).one()
    return {
        "waiting": row.waiting,
        "by_hand": row.by_hand,
        "failed": row.failed,
        "unsettled": row.unsettled,
    }
