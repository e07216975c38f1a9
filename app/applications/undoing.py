"""Undo a merge of two records, for 30 days.

When records are merged, the rows of both records are compared before and after the merge. The
differences are encrypted and stored: rows that were deleted, added or changed.

A merge can be undone only if none of these rows has changed since the merge. Other changes, such as
a new course booking, stay with the record that was kept. A merge cannot be undone if the person has
left or got more protection (for example a block, new contact wishes or a pause), because the other
record would not have this protection.

Added rows are deleted, deleted rows are inserted with their former IDs, and changed columns get
their former values. Protection is not undone, and deleted postcodes are not restored.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.applications import queries as queue
from app.applications import writing
from app.applications.models import RecordMerge
from app.applications.queries import snapshots
from app.applications.queries.snapshots import Row, Snapshot
from app.changes import change_notices, contact_ends
from app.changes.contact_ends import ContactDetail
from app.core import audit, clock, encryption, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.people import queries as people
from app.people.models import Person
from app.people.queries.locking import lock_person

DAYS_TO_UNDO = 30
_PURPOSE = "record-merge"
_MESSAGES_TABLE = "messages"  # added messages have been sent, or will be sent
_PROTECTION_TABLES = ("blocks", "excluded_areas", "loosenings", "safe_contacts", "suspensions")
_RESTORED_FIRST = ("users", "people")  # restored before the closed record is inserted


@dataclass(frozen=True)
class RowChange:
    """A row that a merge changed.

    ``before`` is None for a row that was added, and ``after`` is None for a row that was deleted.
    Otherwise both hold only the columns that changed.
    """

    table: str
    id: int
    before: Row | None
    after: Row | None


@dataclass(frozen=True)
class UndoableMerge:
    """A merge that can be undone until a given day. It does not identify the merged record."""

    id: int
    merged_at: datetime
    until_on: date


@contextmanager
def record_merge_changes(actor: Actor, kept_id: int, closed_id: int) -> Iterator[None]:
    """Store the changes that the block makes to the rows of two people, so they can be undone."""
    selection = snapshots.select_rows_of_people([kept_id, closed_id])
    before = snapshots.read_rows(selection)
    yield
    after = snapshots.read_rows(selection)
    changes = [asdict(change) for change in _row_changes(before, after)]
    safer = {table: sorted(after.get(table, {})) for table in _PROTECTION_TABLES}
    content = json.dumps({"changes": changes, "safer": safer}).encode()
    db.session.add(
        RecordMerge(
            kept_id=kept_id,
            closed_id=closed_id,
            merged_at=clock.now(),
            merged_by_user_id=actor.user_id,
            changes=encryption.encrypt(_PURPOSE, zlib.compress(content)),
        )
    )
    db.session.flush()


def _row_changes(before: Snapshot, after: Snapshot) -> list[RowChange]:
    changes = []
    for table in before.keys() | after.keys():
        old, new = before.get(table, {}), after.get(table, {})
        for row_id in sorted(old.keys() | new.keys()):
            was, now = old.get(row_id), new.get(row_id)
            if was is None or now is None:
                changes.append(RowChange(table, row_id, was, now))
            elif was != now:
                names = [name for name in was if was[name] != now[name]]
                changes.append(
                    RowChange(table, row_id, {n: was[n] for n in names}, {n: now[n] for n in names})
                )
    return changes


def undoable_merges(actor: Actor, person_id: int) -> list[UndoableMerge]:
    """Return the merges into this record that the actor can undo, latest first."""
    if not _can_undo(actor):
        return []
    since = clock.now() - timedelta(days=DAYS_TO_UNDO)
    return [_to_undoable_merge(merge) for merge in queue.merges_into_person(person_id, since)]


def find_undoable_merge(actor: Actor, person_id: int, merge_id: int) -> UndoableMerge:
    """Return a merge that the actor can undo. Raises NotFound if there is no such merge."""
    people.get_visible(Scope.for_actor(actor), person_id, clock.today())
    for merge in undoable_merges(actor, person_id):
        if merge.id == merge_id:
            return merge
    raise NotFound()


def _can_undo(actor: Actor) -> bool:
    return actor.may("applications:decide") and actor.may("people:change")


def _to_undoable_merge(merge: RecordMerge) -> UndoableMerge:
    last = clock.london_day(merge.merged_at) + timedelta(days=DAYS_TO_UNDO)
    return UndoableMerge(merge.id, merge.merged_at, last)


def undo_merge(actor: Actor, person_id: int, merge_id: int) -> None:
    """Restore the two records as they were before the merge.

    Raises NotFound if the actor cannot undo the merge. Raises Conflict if merged data has changed
    since the merge.
    """
    actor.require("people:change")
    find_undoable_merge(actor, person_id, merge_id)
    kept = lock_person(person_id)
    for lock in registry.lock_for_merge:
        lock([person_id])
    merge = queue.lock_merge(merge_id)
    if merge is None or merge.changes is None:
        raise Conflict(_("This merge has already been undone."))
    content = _decode_changes(merge.changes)
    changes = [RowChange(**each) for each in content["changes"]]
    _reject_if_left_or_more_protected(kept, merge.closed_id, changes, content["safer"])
    _check_unchanged(changes)
    shared = change_notices.current_contact_details(kept.id)
    try:
        with db.session.begin_nested():
            _restore_rows(changes)
    except IntegrityError:
        raise Conflict(_changed_since_merge_message()) from None
    merge.changes, merge.undone_at = None, clock.now()
    merge.undone_by_user_id = actor.user_id
    db.session.flush()
    db.session.expire_all()
    for each in (kept, db.session.get_one(Person, merge.closed_id)):
        _redirect_messages(each, shared)
        audit.record(actor, AuditVerb.PERSON_UNDO_MERGE, "people", each.id)
    for notify in registry.on_merge_undone:
        notify(actor, merge.closed_id, merge.kept_id)


def _redirect_messages(person: Person, shared: list[ContactDetail]) -> None:
    """Redirect the person's pending messages from shared contact details that are not their own."""
    own = set(change_notices.current_contact_details(person.id))
    others = [each for each in shared if each not in own]
    contact_ends.take_back_messages(person, others, clock.today())


def _decode_changes(changes: str) -> dict[str, Any]:
    opened = encryption.decrypt(_PURPOSE, changes)
    if opened is None:
        raise Conflict(
            _("We can no longer read the original records, so you cannot undo the merge.")
        )
    content: dict[str, Any] = json.loads(zlib.decompress(opened))
    return content


def _reject_if_left_or_more_protected(
    kept: Person, closed_id: int, changes: list[RowChange], known_ids: dict[str, list[int]]
) -> None:
    """Raise Conflict if the person left or got more protection after the merge.

    ``known_ids`` contains the IDs of the rows in `_PROTECTION_TABLES` after the merge, by table.
    """
    closed = next(each.before for each in changes if (each.table, each.id) == ("people", closed_id))
    protected_since = kept.protected_at is not None and not (closed or {}).get("protected_at")
    now = snapshots.read_rows(snapshots.select_rows_of_people([kept.id]))
    added = any(now.get(table, {}).keys() - set(known_ids[table]) for table in _PROTECTION_TABLES)
    if kept.left_on is not None or protected_since or added:
        raise Conflict(
            _(
                "Since the merge, this person has left, we have paused their role, or they have got"
                " more protection. The other record would not show this change, so you"
                " can no longer undo the merge."
            )
        )


def _changed_since_merge_message() -> str:
    return _(
        "Some of the merged details have changed since the merge: a contact detail, answer, "
        "certificate, course place or sign-in. You can no longer undo the merge. "
        "Change the record instead, and add the other person again."
    )


def _check_unchanged(changes: list[RowChange]) -> None:
    """Raise Conflict if a merged row has changed since the merge."""
    for table in {change.table for change in changes}:
        table_changes = [change for change in changes if change.table == table]
        now = snapshots.rows_by_id(table, [change.id for change in table_changes])
        for change in table_changes:
            if table == _MESSAGES_TABLE and change.before is None:
                continue
            if not _is_unchanged(change, now.get(change.id)):
                raise Conflict(_changed_since_merge_message())


def _is_unchanged(change: RowChange, row: Row | None) -> bool:
    if change.after is None or row is None:
        # A deleted contact point may have been added again by somebody else.
        return change.after is None and (row is None or change.table == "contact_points")
    return all(row.get(name) == value for name, value in change.after.items())


def _restore_rows(changes: list[RowChange]) -> None:
    order = {table.name: at for at, table in enumerate(db.metadata.sorted_tables)}
    ordered = sorted(changes, key=lambda change: order[change.table])
    for change in reversed(ordered):
        if change.before is None and change.table != _MESSAGES_TABLE:
            writing.remove_row(change.table, change.id)
    changed = [change for change in ordered if change.before and change.after]
    for change in changed:
        if change.table in _RESTORED_FIRST:
            writing.restore_values(change.table, change.id, change.before or {})
    _insert_deleted_rows([change for change in ordered if change.after is None])
    for change in changed:
        if change.table not in _RESTORED_FIRST:
            writing.restore_values(change.table, change.id, change.before or {})


def _insert_deleted_rows(deleted: list[RowChange]) -> None:
    points: dict[int, int] = {}
    for change in deleted:
        row = dict(change.before or {})
        if change.table == "contact_points":
            points[change.id] = writing.restore_contact_point(row)
            continue
        if change.table == "person_contacts":
            row["contact_point_id"] = points.get(row["contact_point_id"], row["contact_point_id"])
        writing.restore_row(change.table, row)


def delete_old_undo_data(on: date) -> int:
    """Delete the data for undoing merges after 30 days. Return the number of merges."""
    return queue.delete_undo_data(clock.start_of_day(on) - timedelta(days=DAYS_TO_UNDO))
