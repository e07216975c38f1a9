"""Reads of the queue. Only safeguarding leads come here; see `service.check`."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.core.db import db
from app.safeguarding.models import SafeguardingDecision, SafeguardingReport
from app.safeguarding.types import DecisionLine


def reports() -> list[SafeguardingReport]:
    """Those not closed first, the oldest first; then the closed ones, the newest first."""
    rows = list(db.session.scalars(select(SafeguardingReport)))
    waiting = [row for row in rows if row.closed_at is None]
    closed = [row for row in rows if row.closed_at is not None]
    return [
        *sorted(waiting, key=lambda row: row.received_at),
        *sorted(closed, key=lambda row: row.received_at, reverse=True),
    ]


def unopened(*, lock: bool = False) -> list[SafeguardingReport]:
    """Those that no lead has opened; with `lock`, nobody else looks after them until we commit."""
    query = select(SafeguardingReport).where(SafeguardingReport.opened_at.is_(None))
    query = query.order_by(SafeguardingReport.received_at, SafeguardingReport.id)
    return list(db.session.scalars(query.with_for_update(skip_locked=True) if lock else query))


def hand_over(from_id: int, to_id: int) -> None:
    """Decisions about the first person become decisions about the second."""
    db.session.execute(
        update(SafeguardingDecision)
        .where(SafeguardingDecision.person_id == from_id)
        .values(person_id=to_id)
    )


def decisions(
    *, report_id: int | None = None, person_id: int | None = None
) -> tuple[DecisionLine, ...]:
    """What was decided about a message or a person, the newest first."""
    lead = aliased(User)
    rows = db.session.execute(
        select(SafeguardingDecision, lead.name)
        .join(lead, lead.id == SafeguardingDecision.by_user_id)
        .where(
            SafeguardingDecision.report_id == report_id
            if report_id is not None
            else SafeguardingDecision.person_id == person_id
        )
        .order_by(SafeguardingDecision.at.desc(), SafeguardingDecision.id.desc())
    )
    return tuple(DecisionLine(row.at, name, row.kind, row.words) for row, name in rows)
