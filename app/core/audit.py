"""The audit log: an append-only record of who did what.

When a flush inserts, changes or deletes a row of a model that uses the `Audited` mixin, an entry is
added automatically. Use `acting` to set the actor, the verb and the reason. Use `record` for an
action that changes no row, such as opening a person's record or exporting a list. Values of hidden
columns (contact details, homes, sensitive links) are never copied. The entry only says that the
column changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from flask import g, has_request_context
from sqlalchemy import BigInteger, Index, String, Text, event, insert, inspect, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.base import NO_VALUE

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import Base, HasId, db
from app.core.personal import EVIDENCE, NOT_PERSONAL, is_hidden_from_audit

HIDDEN = "(hidden)"


class Audited:
    """Mixin for a model whose changes are all recorded in the audit log."""


class AuditEntry(HasId, Base):
    """An entry in the audit log. A database trigger prevents changes and deletions."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject_type", "subject_id", "at"),
        Index("ix_audit_entries_at", "at"),
        Index("ix_audit_entries_actor", "actor_user_id", "at"),
        Index("ix_audit_entries_group", text("split_part(verb, '.', 1)"), "at"),
    )

    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(10), info=NOT_PERSONAL)
    actor_user_id: Mapped[int | None] = mapped_column(BigInteger)
    verb: Mapped[str] = mapped_column(String(60), info=NOT_PERSONAL)
    subject_type: Mapped[str] = mapped_column(String(60), info=NOT_PERSONAL)
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    changes: Mapped[dict[str, Any]] = mapped_column(info=EVIDENCE)
    why: Mapped[str | None] = mapped_column(Text, info=EVIDENCE)
    request_id: Mapped[str | None] = mapped_column(String(64), info=NOT_PERSONAL)


@dataclass(frozen=True)
class _Action:
    actor: Actor = SYSTEM
    verb: AuditVerb | None = None
    why: str | None = None


@dataclass
class _Reason:
    """The default reason for a block of code, and the rows that the block changed."""

    why: str
    written: list[tuple[str, int | None]]


_BY_THE_SYSTEM = _Action()
_current: ContextVar[_Action] = ContextVar("act", default=_BY_THE_SYSTEM)
_reason: ContextVar[_Reason | None] = ContextVar("reason", default=None)


@contextmanager
def acting(actor: Actor, verb: AuditVerb | None = None, why: str | None = None) -> Iterator[None]:
    """Record that the changes in this block were made by `actor`, with `verb` and `why`.

    The session is flushed at the start and at the end of the block, so that changes outside the
    block are not included.
    """
    db.session.flush()
    token = _current.set(_Action(actor, verb, why))
    try:
        yield
        db.session.flush()
    finally:
        _current.reset(token)


@contextmanager
def default_reason(why: str) -> Iterator[list[tuple[str, int | None]]]:
    """Record `why` as the reason for changes in this block that have no reason of their own.

    Yields a list, to which the (table, id) of each audited row that changes is added. The session
    is flushed at the start and at the end of the block, as in `acting`.
    """
    db.session.flush()
    reason = _Reason(why, [])
    token = _reason.set(reason)
    try:
        yield reason.written
        db.session.flush()
    finally:
        _reason.reset(token)


def set_actor(actor: Actor) -> None:
    """Set the actor for changes outside an `acting` block, until the request or task ends."""
    _current.set(_Action(actor))


def record(
    actor: Actor,
    verb: AuditVerb,
    subject_type: str,
    subject_id: int | None = None,
    *,
    why: str | None = None,
    **facts: Any,
) -> None:
    """Add an entry for an action that changes no audited row: a read, an export or a bulk write."""
    act = _add_reason(_Action(actor, verb, why), [(subject_type, subject_id)])
    entry = _entry_values(act, verb, subject_type, subject_id, facts)
    db.session.execute(insert(AuditEntry).values(**entry))


def record_all(
    actor: Actor,
    verb: AuditVerb,
    subject_type: str,
    subjects: Mapping[int, Mapping[str, Any]],
    *,
    why: str | None = None,
) -> None:
    """Add an entry for each subject (id → facts) of a bulk write."""
    act = _add_reason(_Action(actor, verb, why), [(subject_type, each) for each in subjects])
    rows = [
        _entry_values(act, verb, subject_type, subject_id, dict(facts))
        for subject_id, facts in subjects.items()
    ]
    if rows:
        db.session.execute(insert(AuditEntry), rows)


def latest_actors(
    verb: AuditVerb, subject_type: str, ids: Collection[int]
) -> dict[int, int | None]:
    """Return subject id → id of the user who last did `verb` to the subject.

    The user id is None if the system or the public did it.
    """
    rows = db.session.execute(
        select(AuditEntry.subject_id, AuditEntry.actor_user_id)
        .where(
            AuditEntry.subject_type == subject_type,
            AuditEntry.subject_id.in_(ids),
            AuditEntry.verb == verb,
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    return {row.subject_id: row.actor_user_id for row in rows}


def _add_reason(act: _Action, subjects: Sequence[tuple[str, int | None]]) -> _Action:
    """Return the action with the reason from the enclosing `default_reason` block, if it has none.

    Also add the subjects to the list that the block yielded.
    """
    reason = _reason.get()
    if reason is None:
        return act
    reason.written.extend(subjects)
    return act if act.why else replace(act, why=reason.why)


def _entry_values(
    act: _Action,
    verb: str,
    subject_type: str,
    subject_id: int | None,
    changes: dict[str, Any],
) -> dict[str, Any]:
    return {
        "at": clock.now(),
        "actor_kind": act.actor.kind,
        "actor_user_id": act.actor.user_id,
        "verb": verb,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "changes": {key: _to_json_value(value) for key, value in changes.items()},
        "why": act.why,
        "request_id": g.get("request_id") if has_request_context() else None,
    }


def _to_json_value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_to_json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _to_json_value(item) for key, item in value.items()}
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _changes(instance: Any, *, new: bool, deleted: bool) -> dict[str, Any]:
    """Return column → [before, after] for each column that the flush will change."""
    state = inspect(instance)
    changes: dict[str, Any] = {}
    for attribute in state.mapper.column_attrs:
        column = attribute.columns[0]
        if column.primary_key or column.computed is not None:
            continue
        history = state.attrs[attribute.key].history
        if not (new or deleted or history.has_changes()):
            continue
        before = history.deleted[0] if history.deleted else None
        after = state.attrs[attribute.key].loaded_value
        after = None if after is NO_VALUE or deleted else after
        before = state.attrs[attribute.key].loaded_value if deleted else before
        before = None if before is NO_VALUE else before
        if before is None and after is None:
            continue
        if is_hidden_from_audit(column.info):
            before, after = (HIDDEN if value is not None else None for value in (before, after))
        changes[attribute.key] = [before, after]
    return changes


@event.listens_for(Session, "before_flush")
def _collect_changes(session: Session, context: Any, instances: Any) -> None:
    pending = session.info.setdefault("audit", [])
    for kind, objects in (
        ("create", session.new),
        ("change", session.dirty),
        ("delete", session.deleted),
    ):
        for instance in objects:
            if not isinstance(instance, Audited):
                continue
            changes = _changes(instance, new=kind == "create", deleted=kind == "delete")
            if changes:
                pending.append((kind, instance, changes))


@event.listens_for(Session, "after_flush")
def _write_entries(session: Session, context: Any) -> None:
    pending = session.info.pop("audit", [])
    subjects = [(inspect(each).mapper.local_table.name, each.id) for _, each, _ in pending]
    act = _add_reason(_current.get(), subjects)
    rows = []
    for (kind, _instance, changes), (table, row_id) in zip(pending, subjects, strict=True):
        verb = act.verb or f"{table}.{kind}"
        rows.append(_entry_values(act, verb, table, row_id, changes))
    if rows:
        session.execute(insert(AuditEntry), rows)
