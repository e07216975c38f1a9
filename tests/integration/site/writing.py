"""Find the tables that an action writes to, from PostgreSQL's own row counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

Reply = TypeVar("Reply")
# Reading these pages is audited, because they show people or the audit log. The only other GET that
# writes is “Exit this page”, which ends the session.
READINGS = frozenset(
    {
        "accounts.audit_log",
        "applications.application",
        "applications.merge",
        "certificates.record_pdf",
        "attendance.attendance",
        "courses.manage_run",
        "attendance.sheet",
        "coverage.people",
        "records.person",
        "reminders.contact_person",
        "safeguarding.person",
        "safeguarding.report",
    }
)
AUDIT = "audit_entries"
_COUNTS = text(
    "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables"
    " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
)


def written(session: Session, action: Callable[[], Reply]) -> tuple[Reply, set[str]]:
    """Return the result of ``action``, and the tables it wrote to in the session's transaction."""
    before = {row.relname: tuple(row) for row in session.execute(_COUNTS)}
    reply = action()
    after = {row.relname: tuple(row) for row in session.execute(_COUNTS)}
    return reply, {table for table, counts in after.items() if before.get(table) != counts}


def wrongly_written(endpoint: str, tables: set[str]) -> set[str]:
    """Return the tables that a GET wrote to but should not have."""
    return tables - ({AUDIT} if endpoint in READINGS else set())
