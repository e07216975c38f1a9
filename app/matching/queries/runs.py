"""Queries for matching runs and the vacancies that they could not fill."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, not_, select

from app.core.actor import GENERAL, Scope
from app.core.db import db
from app.core.errors import NotFound
from app.core.jobs import Job
from app.matching.models import MatchingRun, Proposal, UnfilledNeed
from app.matching.queries.conditions import RUN
from app.matching.types import RunRow
from app.people.models import Person
from app.people.queries import visible_to


def run_row(run_id: int) -> RunRow:
    """Return a run. Raises NotFound if it does not exist."""
    run = db.session.get(MatchingRun, run_id)
    if run is None:
        raise NotFound()
    return RunRow(
        run.id, run.on, run.needs, run.places, run.filled, run.objective, run.optimal, run.seconds
    )


def last_run_id() -> int | None:
    """Return the ID of the latest run, or None."""
    return db.session.scalar(select(func.max(MatchingRun.id)))


def get_run_starter(run_id: int) -> int | None:
    """Return the ID of the user who started a run, or None for the system."""
    return db.session.scalar(
        select(Job.owner_user_id)
        .join(MatchingRun, MatchingRun.job_id == Job.id)
        .where(MatchingRun.id == run_id)
    )


def unfinished_job(user_id: int | None) -> Job | None:
    """Return the latest unfinished matching job of a user, or None."""
    return db.session.scalar(
        select(Job)
        .where(
            Job.kind == RUN,
            Job.owner_user_id == user_id,
            Job.finished_at.is_(None),
            Job.failed_at.is_(None),
        )
        .order_by(Job.id.desc())
        .limit(1)
    )


def can_see_all_general_champions(scope: Scope, on: date) -> bool:
    """Return whether every general champion is visible to the reader.

    Members of sensitive networks are ignored, because the result must not reveal that they exist.
    """
    hidden = select(Person.id).where(visible_to(GENERAL, on), not_(visible_to(scope, on))).limit(1)
    return db.session.scalar(hidden) is None


def last_vacancy_reason(need_id: int) -> tuple[int, str] | None:
    """Return (run ID, reason) for the last run that could not fill a need.

    Returns None if there is no such run, or if a later run proposed people for the need.
    """
    last = (
        select(func.coalesce(func.max(Proposal.run_id), 0))
        .where(Proposal.need_id == need_id)
        .scalar_subquery()
    )
    row = db.session.execute(
        select(UnfilledNeed.run_id, UnfilledNeed.why)
        .where(UnfilledNeed.need_id == need_id, UnfilledNeed.run_id >= last)
        .order_by(UnfilledNeed.run_id.desc())
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def vacancies_by_need(run_id: int) -> dict[int, tuple[int, str]]:
    """Return (number of vacancies, reason) for each need that a run could not fill, by need ID."""
    rows = db.session.execute(
        select(UnfilledNeed.need_id, UnfilledNeed.places, UnfilledNeed.why)
        .where(UnfilledNeed.run_id == run_id)
        .order_by(UnfilledNeed.need_id)
    )
    return {need_id: (places, why) for need_id, places, why in rows}
