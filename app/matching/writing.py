"""Save the result of a run, and withdraw the proposals of earlier runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select, update

from app.core.actor import Scope
from app.core.db import db
from app.matching.models import Need, Proposal, UnfilledNeed
from app.matching.optimum.answer import Placement
from app.matching.queries import WAITING, is_need_visible_to


def withdraw_unsent_proposals(scope: Scope, at: datetime) -> None:
    """Withdraw unsent proposals for the needs visible to the reader."""
    known = select(Need.id).where(is_need_visible_to(scope))
    db.session.execute(
        update(Proposal)
        .where(WAITING, Proposal.asked_at.is_(None), Proposal.need_id.in_(known))
        .values(withdrawn_at=at)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def add_proposals(run_id: int, placements: Iterable[Placement]) -> None:
    """Save the proposals of a run."""
    rows = [
        {
            "run_id": run_id,
            "need_id": placement.need,
            "person_id": placement.person,
            "place": placement.place,
            "score": placement.score,
            "terms": placement.terms,
        }
        for placement in placements
    ]
    if rows:
        db.session.execute(insert(Proposal), rows)


def add_unfilled(run_id: int, unfilled: Iterable[tuple[int, int, str]]) -> None:
    """Save the vacancies that a run could not fill: (need ID, number of vacancies, reason)."""
    rows = [
        {"run_id": run_id, "need_id": need_id, "places": places, "why": why}
        for need_id, places, why in unfilled
    ]
    if rows:
        db.session.execute(insert(UnfilledNeed), rows)
