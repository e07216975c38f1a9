"""The rule for which notes about people a reader may read.

Staff may write anything they know in a reason or in a note about a call. So the notes of users who
hold, or have ever held, the permission for sensitive networks are only for readers who hold it
too. The rule depends on who wrote a note, never on the person it is about, so a missing note says
nothing about that person.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.accounts import queries
from app.core import audit
from app.core.actor import Scope
from app.core.audit_verbs import AuditVerb
from app.core.permissions import Role


def readable_writers(scope: Scope, writers: Iterable[int | None]) -> frozenset[int | None]:
    """Return the writers (user ids) whose notes the reader may read.

    None means an unknown writer, who may have known everything.
    """
    wanted = frozenset(writers)
    if scope.sensitive or scope.unrestricted:
        return wanted
    known = frozenset(each for each in wanted if each is not None)
    if not known:
        return frozenset()
    return known - queries.users_who_ever_held(Role.SENSITIVE, known)


def may_read_notes_by(scope: Scope, writer: int | None) -> bool:
    """Return whether the reader may read notes by this user."""
    return writer in readable_writers(scope, [writer])


def rows_with_readable_notes(
    scope: Scope, verb: AuditVerb, table: str, ids: Iterable[int]
) -> frozenset[int]:
    """Return the ids of the rows whose notes the reader may read.

    `verb` is the audit log's verb for writing such a note. The audit log shows who last wrote each
    note.
    """
    wanted = frozenset(ids)
    if not wanted or scope.sensitive or scope.unrestricted:
        return wanted
    wrote = audit.latest_actors(verb, table, wanted)
    known = readable_writers(scope, wrote.values())
    return frozenset(each for each in wanted if each in wrote and wrote[each] in known)
