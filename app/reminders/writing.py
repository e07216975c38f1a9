"""Bulk writes to the table of reminders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    SmallInteger,
    Text,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import TypeEngine

from app.core import clock
from app.core.db import Instant, db
from app.reminders.models import Reminder
from app.reminders.types import DueReminder, SkipReason


def record_reminders(
    reminders: Sequence[DueReminder], ids: Sequence[tuple[int | None, int | None]]
) -> None:
    """Record the due reminders in one statement.

    `ids` holds the message ID and call ID of each reminder. Existing rows are overwritten if they
    were voided, or skipped for a renewal that has since been revoked.
    """
    columns: dict[str, tuple[TypeEngine[Any], list[Any]]] = {
        "person_id": (BigInteger(), [due.person_id for due in reminders]),
        "certificate_id": (BigInteger(), [due.certificate_id for due in reminders]),
        "step_days": (SmallInteger(), [due.step_days for due in reminders]),
        "expires_on": (Date(), [due.expires_on for due in reminders]),
        "due_on": (Date(), [due.due_on for due in reminders]),
        "message_id": (BigInteger(), [letter for letter, _ in ids]),
        "call_id": (BigInteger(), [call for _, call in ids]),
        "skipped": (Text(), [due.reason and due.reason.value for due in reminders]),
    }
    rows = (
        func.unnest(*(cast(values, ARRAY(kind)) for kind, values in columns.values()))
        .table_valued(*(column(name, kind) for name, (kind, _) in columns.items()), name="due")
        .render_derived()
    )
    statement = insert(Reminder).from_select(
        [*columns, "made_at"], select(*rows.c, literal(clock.now(), Instant()))
    )
    overwritten = ("made_at", "message_id", "call_id", "skipped")
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["certificate_id", "step_days", "expires_on"],
            set_={name: statement.excluded[name] for name in overwritten}
            | {"voided_at": None, "void_reason": None},
            where=or_(Reminder.voided_at.is_not(None), Reminder.skipped == SkipReason.RENEWED),
        )
    )


def void_reminders(reminder_ids: Collection[int], reason: str) -> None:
    """Void these reminders, unless they have already been voided."""
    db.session.execute(
        update(Reminder)
        .where(Reminder.id.in_(reminder_ids), Reminder.voided_at.is_(None))
        .values(voided_at=clock.now(), void_reason=reason)
    )
