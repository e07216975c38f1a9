"""Long-running jobs, stored as rows with an owner, progress and a result.

A job continues if its owner closes the page. If its worker is killed, another worker continues it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Integer, String, Text, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.actor import Actor
from app.core.db import Base, HasId, db
from app.core.errors import NotFound
from app.core.notify_worker import notify_worker
from app.core.personal import NOT_PERSONAL

# Another worker can take over a job that has made no progress for this long, if app.core.job_runner
# finds that its worker is dead.
STALE_AFTER = timedelta(seconds=30)


class JobState(StrEnum):
    """The state of a job, derived from its timestamps."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(HasId, Base):
    """A long-running job."""

    __tablename__ = "jobs"

    kind: Mapped[str] = mapped_column(String(40), index=True, info=NOT_PERSONAL)
    key: Mapped[str | None] = mapped_column(String(80), unique=True, info=NOT_PERSONAL)
    owner_user_id: Mapped[int | None] = mapped_column(BigInteger)
    parameters: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    stage: Mapped[str] = mapped_column(String(200), default="", info=NOT_PERSONAL)
    created_at: Mapped[datetime]
    alive_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(info=NOT_PERSONAL)
    error: Mapped[str | None] = mapped_column(Text, info=NOT_PERSONAL)

    @property
    def state(self) -> JobState:
        """Return the state of the job, derived from its timestamps."""
        if self.failed_at:
            return JobState.FAILED
        if self.finished_at:
            return JobState.DONE
        return JobState.RUNNING if self.alive_at else JobState.WAITING

    @property
    def percent(self) -> int:
        """Return the progress as a percentage from 0 to 100."""
        if self.finished_at:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0


def start_job(actor: Actor, kind: str, *, key: str | None = None, **parameters: Any) -> Job:
    """Add a job and notify the worker. If a job with this key exists, return that job instead."""
    if key is not None:
        existing = db.session.scalar(select(Job).where(Job.key == key))
        if existing is not None:
            return existing
    job = Job(
        kind=kind,
        key=key,
        owner_user_id=actor.user_id,
        parameters=parameters,
        created_at=clock.now(),
    )
    db.session.add(job)
    db.session.flush()
    notify_worker("jobs.work")
    return job


def find_job(actor: Actor, job_id: int) -> Job:
    """Return the job. Raises NotFound if the actor is neither its owner nor the system."""
    job = db.session.get(Job, job_id)
    if job is None or (actor.kind != "system" and job.owner_user_id != actor.user_id):
        raise NotFound()
    return job


def count_unfinished_jobs() -> int:
    """Return the number of jobs that are neither done nor failed."""
    unfinished = select(func.count(Job.id)).where(
        Job.finished_at.is_(None), Job.failed_at.is_(None)
    )
    return db.session.scalar(unfinished) or 0


def claim_job(kinds: list[str]) -> Job | None:
    """Claim the oldest waiting or abandoned job. Return None if there is none. Commits."""
    stale = clock.now() - STALE_AFTER
    job = db.session.scalar(
        select(Job)
        .where(
            Job.kind.in_(kinds),
            Job.finished_at.is_(None),
            Job.failed_at.is_(None),
            or_(Job.alive_at.is_(None), Job.alive_at < stale),
        )
        .order_by(Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if job is not None:
        job.alive_at = clock.now()
        db.session.commit()
    return job


Report = Callable[[int, int, str], None]


def progress_reporter(job_id: int) -> Report:
    """Return a function (done, total, stage) that saves the progress of a job immediately.

    The function uses a separate connection, so that the page shows the progress before the job
    commits.
    """

    def report(done: int, total: int, stage: str) -> None:
        with db.engine.begin() as connection:
            connection.execute(
                update(Job)
                .where(Job.id == job_id)
                .values(done=done, total=total, stage=stage, alive_at=clock.now())
            )

    return report


def finish_job(job_id: int, result: dict[str, Any]) -> None:
    """Mark the job as done and store its result. Does not commit."""
    db.session.execute(
        update(Job).where(Job.id == job_id).values(finished_at=clock.now(), result=result)
    )


def fail_job(job_id: int, sentence: str) -> None:
    """Mark the job as failed. `sentence` tells the owner of the job why."""
    db.session.execute(
        update(Job).where(Job.id == job_id).values(failed_at=clock.now(), error=sentence)
    )


workers: dict[str, Callable[[Job, Report], dict[str, Any]]] = {}


def worker(
    kind: str,
) -> Callable[[Callable[[Job, Report], dict[str, Any]]], Callable[[Job, Report], dict[str, Any]]]:
    """Register the function that runs jobs of `kind`: (job, report) → result."""

    def register(
        function: Callable[[Job, Report], dict[str, Any]],
    ) -> Callable[[Job, Report], dict[str, Any]]:
        workers[kind] = function
        return function

    return register
