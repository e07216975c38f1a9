"""Which tables something writes to, as PostgreSQL itself counts rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

Reply = TypeVar("Reply")
# Opening these is recorded, because they tell of people or of what was done. No other GET writes,
# but for “Exit this page”, which ends the session.
READINGS = frozenset(
    {
        "accounts.audit_log",
        "applications.application",
        "applications.join",
        "certificates.record_pdf",
        "courses.attendance",
        "courses.manage_run",
        "courses.sheet",
        "coverage.people",
        "records.person",
        "reminders.contact",
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
    """What `action` returns, and the tables it writes rows to in the session's transaction."""
    before = {row.relname: tuple(row) for row in session.execute(_COUNTS)}
    reply = action()
    after = {row.relname: tuple(row) for row in session.execute(_COUNTS)}
    return reply, {table for table, counts in after.items() if before.get(table) != counts}


def wrongly_written(endpoint: str, tables: set[str]) -> set[str]:
    """Of the tables that a GET wrote to, those that it must not."""
    return tables - ({AUDIT} if endpoint in READINGS else set())
