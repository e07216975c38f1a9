"""Write many messages at a time, and change waiting messages. Callers must check permissions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    case,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import db
from app.messages.models import HANDOVER_NUMBERS, HandoverAttempt, Message
from app.messages.queries import ELECTRONIC, MAY_HAVE_SENT, UNDELIVERED, WAITING
from app.messages.types import LONGEST_VOID_REASON

BATCH = 1_000  # rows in a statement, because PostgreSQL allows 65,535 parameters


def add_messages(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Add the messages whose keys are new. Return their IDs by key."""
    posted: dict[str, int] = {}
    for start in range(0, len(rows), BATCH):
        written = db.session.execute(
            insert(Message)
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(Message.key, Message.id),
            rows[start : start + BATCH],
        )
        posted.update((key, message_id) for key, message_id in written)
    return posted


def void_messages(reason: str, *conditions: ColumnElement[bool]) -> list[int]:
    """Void the waiting messages that meet the conditions. Return their IDs.

    Waits for workers that are sending any of these messages. Messages that they send are left out.
    """
    voided = db.session.execute(
        update(Message)
        .where(*conditions, WAITING)
        .values(voided_at=clock.now(), void_reason=reason[:LONGEST_VOID_REASON])
        .returning(Message.id)
    )
    return list(voided.scalars())


def restore_messages(ids: Collection[int]) -> None:
    """Make voided messages wait again."""
    db.session.execute(
        update(Message)
        .where(Message.id.in_(ids), Message.voided_at.is_not(None))
        .values(voided_at=None, void_reason=None)
    )


def withdraw_messages(reason: str, *conditions: ColumnElement[bool]) -> list[int]:
    """Void the waiting and undelivered messages that meet the conditions.

    Return the IDs of those that were certainly not delivered. The others are voided too, so that
    they are not sent again, and keep the time of the attempt in `unsettled_at`.
    """
    matching = and_(*conditions, or_(WAITING, UNDELIVERED))
    # A worker commits its attempt while it holds the lock, so look for attempts after waiting.
    locked = select(Message.id).where(matching).order_by(Message.id).with_for_update()
    ids = db.session.scalars(locked).all()
    voided = db.session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(
            voided_at=clock.now(),
            void_reason=reason[:LONGEST_VOID_REASON],
            unsettled_at=func.coalesce(Message.unsettled_at, _in_doubt_since()),
        )
        .returning(Message.id, Message.unsettled_at)
        .execution_options(synchronize_session="fetch")
    )
    return [message_id for message_id, unsettled_at in voided if unsettled_at is None]


def _in_doubt_since() -> ScalarSelect[datetime]:
    """Return a subquery for the time of a message's last attempt, if its outcome is unknown.

    A worker commits its attempt while it holds the lock, so lock the messages first.
    """
    return (
        select(HandoverAttempt.began_at)
        .where(HandoverAttempt.message_id == Message.id, MAY_HAVE_SENT)
        .correlate(Message)
        .scalar_subquery()
    )


def update_waiting_messages(condition: ColumnElement[bool], values: dict[str, Any]) -> None:
    """Set columns of the waiting messages that meet the condition."""
    db.session.execute(update(Message).where(condition, WAITING).values(values))


def resend_undelivered(ids: Collection[int], values: dict[str, Any]) -> bool:
    """Make undelivered messages wait again, with these values. Return whether there were any.

    Messages that staff have already passed on are not changed.
    """
    matching = and_(Message.id.in_(ids), UNDELIVERED)
    delete_known_attempts(matching)
    waiting = {"failed_at": None, "last_error": None} | _restart_values() | values
    changed = db.session.execute(
        update(Message).where(matching).values(waiting).returning(Message.id)
    )
    return bool(changed.all())


def stop_waiting_messages(condition: ColumnElement[bool], reason: str) -> None:
    """Record that the waiting messages that meet the condition cannot be delivered.

    Messages that may have been sent are recorded as such, without the reason.
    """
    locked = select(Message.id).where(condition, WAITING).order_by(Message.id).with_for_update()
    ids = db.session.scalars(locked).all()
    unsettled_at = func.coalesce(Message.unsettled_at, _in_doubt_since())
    db.session.execute(
        update(Message)
        .where(Message.id.in_(ids), WAITING)
        .values(
            failed_at=clock.now(),
            unsettled_at=unsettled_at,
            last_error=case((unsettled_at.is_(None), reason), else_=None),
        )
    )


def redirect_waiting_messages(condition: ColumnElement[bool], to: dict[str, Any]) -> None:
    """Give the waiting messages that meet the condition a new address, and clear their errors."""
    delete_known_attempts(and_(condition, WAITING))
    update_waiting_messages(condition, {"last_error": None} | _restart_values() | to)


def _restart_values() -> dict[str, Any]:
    """Return the values of a message that starts again at another address.

    Call `delete_known_attempts` first. A message whose last attempt has an unknown outcome keeps
    its reference, so that the carrier can still look up that attempt.
    """
    in_doubt = exists().where(HandoverAttempt.message_id == Message.id).correlate(Message)
    redirects = case((in_doubt, Message.redirects), else_=Message.redirects + 1)
    return {"attempts": 0, "redirects": redirects}


def delete_known_attempts(condition: ColumnElement[bool]) -> None:
    """Delete the attempts to send messages that meet the condition, if the outcome is known.

    Call this function before `Message.attempts` is set to 0 again. Otherwise the messages would
    match `MAY_HAVE_SENT`. The messages are locked first, because a worker that sends one of them
    holds its lock while it records the attempt on another connection.
    """
    locked = select(Message.id).where(condition).order_by(Message.id).with_for_update()
    ids = db.session.scalars(locked).all()
    known = and_(
        HandoverAttempt.message_id == Message.id, HandoverAttempt.attempt <= Message.attempts
    )
    db.session.execute(
        delete(HandoverAttempt)
        .where(HandoverAttempt.message_id.in_(ids), Message.id.in_(ids), known)
        .execution_options(synchronize_session=False)
    )


def rename_recipient(person_id: int, before: str, after: str) -> None:
    """Change the recipient's name in a person's unsent and undelivered messages.

    Messages with a name other than `before` are not changed.
    """
    db.session.execute(
        update(Message)
        .where(
            Message.person_id == person_id,
            Message.name == before,
            Message.sent_at.is_(None),
            Message.voided_at.is_(None),
        )
        .values(name=after)
    )


def reassign(from_id: int, to_id: int) -> None:
    """Move all messages of one person to another."""
    db.session.execute(update(Message).where(Message.person_id == from_id).values(person_id=to_id))


def skip_quiet_hours(person_ids: Iterable[int]) -> list[int]:
    """Allow waiting emails and texts for these people to be sent now. Return their IDs."""
    found: list[int] = []
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), BATCH):
        matching = Message.person_id.in_(ordered[start : start + BATCH])
        electronic = matching & Message.channel.in_(ELECTRONIC)
        update_waiting_messages(
            electronic & (Message.send_after > clock.now()), {"send_after": clock.now()}
        )
        found += db.session.scalars(select(Message.id).where(electronic, WAITING))
    return found


def record_attempt(message_id: int, attempt: int) -> int:
    """Record that the carrier is about to receive this message, and return the attempt's number.

    Commits on a separate connection, so that the session keeps its lock on the message. `attempt`
    counts the attempts for this message from 1. The number that is returned counts the attempts for
    all messages.
    """
    row = {
        "attempt": attempt,
        "number": HANDOVER_NUMBERS.next_value(),
        "began_at": clock.now(),
    }
    with db.engine.begin() as connection:
        return connection.execute(
            insert(HandoverAttempt)
            .values(message_id=message_id, **row)
            .on_conflict_do_update(index_elements=["message_id"], set_=row)
            .returning(HandoverAttempt.number)
        ).scalar_one()


def delete_finished_attempts() -> int:
    """Delete the attempts of messages that are no longer waiting. Return how many."""
    db.session.execute(
        update(Message)
        .where(
            Message.id == HandoverAttempt.message_id,
            MAY_HAVE_SENT,
            Message.voided_at.is_not(None),
            Message.unsettled_at.is_(None),
        )
        .values(unsettled_at=HandoverAttempt.began_at)
        .execution_options(synchronize_session=False)
    )
    waiting = select(Message.id).where(Message.id == HandoverAttempt.message_id, WAITING)
    deleted = db.session.execute(
        delete(HandoverAttempt).where(~waiting.exists()).returning(HandoverAttempt.message_id)
    )
    return len(deleted.all())


def mark_in_doubt(until: datetime, repeated: Collection[str]) -> tuple[int, int]:
    """Record that waiting emails and texts that were due by `until` may have been sent.

    Letters with the names in `repeated`, and letters without a person, continue to wait. Return how
    many were stopped, and how many continue to wait.
    """
    due = and_(WAITING, Message.channel.in_(ELECTRONIC), Message.send_after <= until)
    may_repeat = or_(Message.letter.in_(repeated), Message.person_id.is_(None))
    now = clock.now()
    waiting = db.session.execute(
        update(Message).where(due, may_repeat).values(unsettled_at=now).returning(Message.id)
    ).all()
    stopped = db.session.execute(
        update(Message)
        .where(due, not_(may_repeat))
        .values(unsettled_at=now, failed_at=now, last_error=None)
        .returning(Message.id)
    ).all()
    return len(stopped), len(waiting)
