"""Apply pending changes that are due. The worker does this every few minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.changes import contacts, delayed_changes, protection, queries
from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import DomainError
from app.people.models import Block, Person
from app.people.safety import contact_details, wishes
from app.people.safety.models import DelayedChange
from app.people.safety.types import ContactPreferences, DelayedChangeKind
from app.people.types import ContactKind

log = structlog.get_logger()


def apply_due_changes(now: datetime) -> int:
    """Apply each pending change that is due. Return the number of changes applied."""
    due = queries.find_due_changes(now)
    return sum(_apply_change(change_id) for change_id in due)


def _apply_change(change_id: int) -> bool:
    found = db.session.get_one(DelayedChange, change_id)
    row = delayed_changes.find_change(found.person_id, change_id)
    if row.done_at is not None or row.stopped_at is not None:
        return False
    person = db.session.get_one(Person, row.person_id)
    if person.left_on is not None:
        delayed_changes.cancel_change(SYSTEM, row)
        return False
    try:
        with db.session.begin_nested(), audit.acting(SYSTEM, AuditVerb.PERSON_DELAYED_CHANGE):
            row.done_at = clock.now()
            _EFFECTS[row.kind](person, row.detail)
    except DomainError:
        log.warning("a pending change cannot be made", change=change_id)
        db.session.refresh(row)
        delayed_changes.cancel_change(SYSTEM, row)
        return False
    return True


def _end_protection(person: Person, detail: dict[str, Any]) -> None:
    protection.unprotect(SYSTEM, person)


def _end_block(person: Person, detail: dict[str, Any]) -> None:
    block, on = db.session.get(Block, detail["block_id"]), clock.today()
    if block is None or block.person_id != person.id:
        return
    if block.from_on >= on:
        db.session.delete(block)
    elif block.until_on is None:
        block.until_on = on - timedelta(days=1)


def _add_contact(person: Person, detail: dict[str, Any]) -> None:
    kind = ContactKind(detail["kind"])
    # A call or a meeting has confirmed that the person wants to sign in with it.
    contacts.add_checked_contact(person, kind, detail["value"])


def _set_preferred_kind(person: Person, detail: dict[str, Any]) -> None:
    person.preferred = ContactKind(detail["kind"])
    contact_details.apply_contact_choices(person.id, clock.today())


def _set_wishes(person: Person, detail: dict[str, Any]) -> None:
    wanted = detail["wishes"]
    wishes.record_wishes(
        SYSTEM, person, None if wanted is None else ContactPreferences.from_json(wanted)
    )


_EFFECTS: dict[DelayedChangeKind, Callable[[Person, dict[str, Any]], None]] = {
    DelayedChangeKind.END_PROTECTION: _end_protection,
    DelayedChangeKind.END_BLOCK: _end_block,
    DelayedChangeKind.ADD_CONTACT: _add_contact,
    DelayedChangeKind.SET_PREFERENCE: _set_preferred_kind,
    DelayedChangeKind.CHANGE_WISHES: _set_wishes,
}
