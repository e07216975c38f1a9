"""The audit log for administrators: who did what, and when. It shows no values.

It only names staff and partners, and only for their work. Anything that users did as champions, or
that was done to champions' accounts, is shown without a name or identifier, so that the log does
not reveal who is a champion. Reading the log adds an entry to it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from app.accounts import audit_wording
from app.accounts.queries import audit_log as queries
from app.accounts.types import CHAMPION, GRANTS, USERS, AuditFilter
from app.core import audit
from app.core.actor import Actor, Scope
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.paging import PAGE_SIZE, Order, Page
from app.core.permissions import Role

_NEWEST_FIRST = Order("audit", (datetime, int))


@dataclass(frozen=True)
class AuditRow:
    """An entry in the audit log.

    ``actor`` is the name of a user if ``is_named`` is True, and otherwise SYSTEM, PUBLIC or
    CHAMPION.
    ``number`` is the ID of the subject, or None if there is none or the reader is not allowed to
    see it. ``user_id`` and ``user_name`` are those of the staff user who is the subject or owns it.
    ``role`` is the role that was changed, if any.
    """

    id: int
    at: datetime
    actor: str
    is_named: bool
    verb: str
    table: str
    number: int | None
    user_id: int | None
    user_name: str | None
    role: Role | None


def page_of_entries(actor: Actor, filters: AuditFilter, cursor: str | None) -> Page[AuditRow]:
    """Return a page of entries, newest first. Records in the audit log that the actor read it."""
    actor.require("audit:read")
    keys = queries.newest_entries(
        _reader_scope(actor),
        filters,
        _NEWEST_FIRST.decode(cursor),
        sensitive=actor.may("networks:sensitive"),
        limit=PAGE_SIZE + 1,
    )
    shown = _NEWEST_FIRST.page(keys, lambda row: (row.at, row.id), cursor)
    facts = {name: value for name, value in asdict(filters).items() if value}
    audit.record(actor, AuditVerb.AUDIT_READ, "audit_entries", **facts)
    found = [_audit_row(row) for row in queries.entries_by_id([row.id for row in shown.rows])]
    return Page(found, shown.next, shown.first)


def _reader_scope(actor: Actor) -> Scope:
    """Return the scope for the entries that the reader is allowed to see.

    Readers with the permission for sensitive networks see all entries, unless they are partner
    coordinators.
    """
    scope = Scope.for_actor(actor)
    whole = scope.sensitive and not scope.organisation_ids
    return replace(scope, everyone=True) if whole else scope


def _audit_row(row: Any) -> AuditRow:
    entry: AuditEntry = row.AuditEntry
    is_about_places = entry.verb in audit_wording.PLACES_CHANGED
    owner_is_hidden = entry.subject_type in (USERS, GRANTS) and row.owner_id is None
    actor = row.actor_name or (CHAMPION if entry.actor_kind == "user" else entry.actor_kind)
    return AuditRow(
        id=entry.id,
        at=entry.at,
        actor=actor,
        is_named=row.actor_name is not None,
        verb=entry.verb,
        table="presences" if is_about_places else entry.subject_type,
        number=None if owner_is_hidden or is_about_places else entry.subject_id,
        user_id=row.owner_id,
        user_name=row.owner_name,
        role=row.role,
    )
