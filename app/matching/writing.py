"""Writes what a run found, and takes back what the run before it proposed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select, update

from app.core.actor import Scope
from app.core.db import db
from app.matching.models import Need, Proposal, Unfilled
from app.matching.optimum.answer import Placement
from app.matching.queries import WAITING, known_to


def withdraw_unasked(scope: Scope, at: datetime) -> None:
    """Withdraw proposals that nobody was asked about yet, of the needs the reader may know of."""
    known = select(Need.id).where(known_to(scope))
    db.session.execute(
        update(Proposal)
        .where(WAITING, Proposal.asked_at.is_(None), Proposal.need_id.in_(known))
        .values(withdrawn_at=at)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def add_proposals(run_id: int, placements: Iterable[Placement]) -> None:
    """Write the proposals of a run: the person, the place and the reasons."""
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
    """Write down the places that stay empty: need, number of places, why."""
    rows = [
        {"run_id": run_id, "need_id": need_id, "places": places, "why": why}
        for need_id, places, why in unfilled
    ]
    if rows:
        db.session.execute(insert(Unfilled), rows)
