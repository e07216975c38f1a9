"""Queries for reports and decisions. Only safeguarding leads are allowed to read them.

Callers must check the role with `require_lead`.
"""

from __future__ import annotations

from sqlalchemy import select, update

from app.accounts import queries as accounts
from app.core.db import db
from app.safeguarding.models import SafeguardingDecision, SafeguardingReport
from app.safeguarding.types import DecisionRow


def reports() -> list[SafeguardingReport]:
    """Return all reports: open ones first (oldest first), then closed ones (newest first)."""
    rows = list(db.session.scalars(select(SafeguardingReport)))
    open_reports = [row for row in rows if row.closed_at is None]
    closed = [row for row in rows if row.closed_at is not None]
    return [
        *sorted(open_reports, key=lambda row: row.received_at),
        *sorted(closed, key=lambda row: row.received_at, reverse=True),
    ]


def unopened_reports(*, lock: bool = False) -> list[SafeguardingReport]:
    """Return the reports that no lead has opened, oldest first.

    With ``lock``, lock them and leave out those that another transaction has locked.
    """
    query = select(SafeguardingReport).where(SafeguardingReport.opened_at.is_(None))
    query = query.order_by(SafeguardingReport.received_at, SafeguardingReport.id)
    return list(db.session.scalars(query.with_for_update(skip_locked=True) if lock else query))


def move_decisions(from_id: int, to_id: int) -> None:
    """Move all decisions about one person to another person."""
    db.session.execute(
        update(SafeguardingDecision)
        .where(SafeguardingDecision.person_id == from_id)
        .values(person_id=to_id)
    )


def decisions(
    *, report_id: int | None = None, person_id: int | None = None
) -> tuple[DecisionRow, ...]:
    """Return the decisions about a message or a person, newest first."""
    rows = db.session.execute(
        select(SafeguardingDecision, accounts.user_name(SafeguardingDecision.by_user_id))
        .where(
            SafeguardingDecision.report_id == report_id
            if report_id is not None
            else SafeguardingDecision.person_id == person_id
        )
        .order_by(SafeguardingDecision.at.desc(), SafeguardingDecision.id.desc())
    )
    return tuple(DecisionRow(row.at, name, row.kind, row.words) for row, name in rows)
