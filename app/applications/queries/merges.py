"""Queries for merges of two records that can still be undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from app.applications.models import RecordMerge
from app.core.db import db


def merges_into_person(person_id: int, since: datetime) -> Sequence[RecordMerge]:
    """Return the merges into a record that can be undone, latest first.

    ``since`` is the time of the earliest merge to return.
    """
    return db.session.scalars(
        select(RecordMerge)
        .where(
            RecordMerge.kept_id == person_id,
            RecordMerge.merged_at > since,
            RecordMerge.changes.is_not(None),
        )
        .order_by(RecordMerge.id.desc())
    ).all()


def lock_merge(merge_id: int) -> RecordMerge | None:
    """Lock and return a merge, or None if it does not exist."""
    return db.session.scalar(
        select(RecordMerge)
        .where(RecordMerge.id == merge_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def delete_undo_data(before: datetime) -> int:
    """Delete the data for undoing merges before a given time. Return the number of merges."""
    emptied = db.session.execute(
        update(RecordMerge)
        .where(RecordMerge.merged_at < before, RecordMerge.changes.is_not(None))
        .values(changes=None)
        .returning(RecordMerge.id)
    )
    return len(emptied.all())
