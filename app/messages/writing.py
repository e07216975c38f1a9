"""Writes messages, many at a time, and changes those that wait. Callers check whether they may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import db
from app.messages.models import Message
from app.messages.queries import ELECTRONIC, WAITING

BATCH = 1_000  # rows a statement; PostgreSQL takes 65,535 parameters


def add(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Key → id of the rows that were written: those whose key was not known."""
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


def end(reason: str, *which: ColumnElement[bool]) -> list[int]:
    """Those of the messages that wait must not go any more; their ids.

    Waits for a worker that is sending one of them, and then leaves that one out.
    """
    ended = db.session.execute(
        update(Message)
        .where(*which, WAITING)
        .values(voided_at=clock.now(), void_reason=reason[:200])
        .returning(Message.id)
    )
    return list(ended.scalars())


def change(which: ColumnElement[bool], values: dict[str, Any]) -> None:
    """Set columns of those of the messages that wait."""
    db.session.execute(update(Message).where(which, WAITING).values(values))


def hand_over(from_id: int, to_id: int) -> None:
    """All messages of one person become those of another."""
    db.session.execute(update(Message).where(Message.person_id == from_id).values(person_id=to_id))


def send_now(person_ids: Iterable[int]) -> list[int]:
    """Emails and texts that wait for these people may go now; their ids."""
    found: list[int] = []
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), BATCH):
        theirs = Message.person_id.in_(ordered[start : start + BATCH])
        electronic = theirs & Message.channel.in_(ELECTRONIC)
        change(electronic & (Message.send_after > clock.now()), {"send_after": clock.now()})
        found += db.session.scalars(select(Message.id).where(electronic, WAITING))
    return found
