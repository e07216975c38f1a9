"""Whose words about people a reader may read.

A reason, a note of a call, what came of it: whoever writes them may write what they know. So words
of somebody who holds the permission for sensitive networks, or once held it, are for readers who
hold it too. The rule asks who wrote, never about whom: that words are missing says nothing about
the person.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.accounts import queries
from app.core import audit
from app.core.actor import Scope
from app.core.audit_verbs import AuditVerb
from app.core.permissions import Role


def readable(scope: Scope, writers: Iterable[int | None]) -> frozenset[int | None]:
    """Those of the writers (ids of users) whose words the reader may read. None stands for a writer
    who is not known, and who may have known everything.
    """
    wanted = frozenset(writers)
    if scope.sensitive or scope.unrestricted:
        return wanted
    known = frozenset(each for each in wanted if each is not None)
    if not known:
        return frozenset()
    return known - queries.ever_held(Role.SENSITIVE, known)


def may_read(scope: Scope, writer: int | None) -> bool:
    """Whether the reader may read what this user wrote."""
    return writer in readable(scope, [writer])


def of_actions(scope: Scope, verb: AuditVerb, table: str, ids: Iterable[int]) -> frozenset[int]:
    """Those of the rows whose words, written with this verb, the reader may read. Who wrote them
    last is in the audit.
    """
    wanted = frozenset(ids)
    if not wanted or scope.sensitive or scope.unrestricted:
        return wanted
    wrote = audit.latest_actors(verb, table, wanted)
    known = readable(scope, wrote.values())
    return frozenset(each for each in wanted if each in wrote and wrote[each] in known)
