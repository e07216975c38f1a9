"""Decide whose notes about people a reader is allowed to read.

Staff can write anything they know in a reason or in a note about a call. Notes by users who have
ever held the permission for sensitive networks are therefore only shown to readers who hold it too.
The rule depends only on the writer, so a hidden note reveals nothing about the person in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.accounts import queries
from app.core import audit
from app.core.actor import Scope
from app.core.audit_verbs import AuditVerb
from app.core.permissions import Role


def readable_writers(scope: Scope, writers: Iterable[int | None]) -> frozenset[int | None]:
    """Return the IDs of the writers whose notes the reader is allowed to read.

    None stands for an unknown writer, who is treated as somebody with the permission for sensitive
    networks.
    """
    wanted = frozenset(writers)
    if scope.sensitive or scope.unrestricted:
        return wanted
    known = frozenset(each for each in wanted if each is not None)
    if not known:
        return frozenset()
    return known - queries.users_who_ever_held(Role.SENSITIVE, known)


def may_read_notes_by(scope: Scope, writer: int | None) -> bool:
    """Return whether the reader is allowed to read this writer's notes."""
    return writer in readable_writers(scope, [writer])


def rows_with_readable_notes(
    scope: Scope, verb: AuditVerb, table: str, ids: Iterable[int]
) -> frozenset[int]:
    """Return the IDs of the rows whose notes the reader is allowed to read.

    ``verb`` is the audit verb for writing such a note. The writer of each row's note is taken from
    the audit log.
    """
    wanted = frozenset(ids)
    if not wanted or scope.sensitive or scope.unrestricted:
        return wanted
    writers = audit.latest_actors(verb, table, wanted)
    readable = readable_writers(scope, writers.values())
    return frozenset(each for each in wanted if each in writers and writers[each] in readable)
