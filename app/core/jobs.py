"""Long jobs are rows: owner, progress, result. They survive a closed page and a killed worker."""

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

# A running job without a sign of life for this long may be taken over, if its worker is dead
# (app.core.job_runner knows).
STALE_AFTER = timedelta(seconds=30)


class JobState(StrEnum):
    """The state of a job, derived from its instants."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(HasId, Base):
    """One long piece of work."""

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
        """Derived; nothing to go stale."""
        if self.failed_at:
            return JobState.FAILED
        if self.finished_at:
            return JobState.DONE
        return JobState.RUNNING if self.alive_at else JobState.WAITING

    @property
    def percent(self) -> int:
        """Progress, as a percentage from 0 to 100."""
        if self.finished_at:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0


def start(actor: Actor, kind: str, *, key: str | None = None, **parameters: Any) -> Job:
    """Write the job and notify the worker. With a key that is known, that job is returned."""
    if key is not None:
        known = db.session.scalar(select(Job).where(Job.key == key))
        if known is not None:
            return known
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


def find(actor: Actor, job_id: int) -> Job:
    """The job, for its owner and for the system."""
    job = db.session.get(Job, job_id)
    if job is None or (actor.kind != "system" and job.owner_user_id != actor.user_id):
        raise NotFound()
    return job


def count_unfinished() -> int:
    """How many jobs are neither done nor failed."""
    unfinished = select(func.count(Job.id)).where(
        Job.finished_at.is_(None), Job.failed_at.is_(None)
    )
    return db.session.scalar(unfinished) or 0


def claim(kinds: list[str]) -> Job | None:
    """Take the oldest waiting (or abandoned) job, so that no other worker does. Commits."""
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


def reporter(job_id: int) -> Report:
    """A function (done, total, stage) that shows progress at once, whatever the work's transaction.

    It writes over a connection of its own, so that the page sees it before the work commits.
    """

    def report(done: int, total: int, stage: str) -> None:
        with db.engine.begin() as connection:
            connection.execute(
                update(Job)
                .where(Job.id == job_id)
                .values(done=done, total=total, stage=stage, alive_at=clock.now())
            )

    return report


def finish(job_id: int, result: dict[str, Any]) -> None:
    """Done, with a result. In the same transaction as the work itself."""
    db.session.execute(
        update(Job).where(Job.id == job_id).values(finished_at=clock.now(), result=result)
    )


def fail(job_id: int, sentence: str) -> None:
    """Could not be done; the sentence is for its owner."""
    db.session.execute(
        update(Job).where(Job.id == job_id).values(failed_at=clock.now(), error=sentence)
    )


workers: dict[str, Callable[[Job, Report], dict[str, Any]]] = {}


def works(
    kind: str,
) -> Callable[[Callable[[Job, Report], dict[str, Any]]], Callable[[Job, Report], dict[str, Any]]]:
    """Register the function that does jobs of `kind`: (job, report) → result."""

    def register(
        function: Callable[[Job, Report], dict[str, Any]],
    ) -> Callable[[Job, Report], dict[str, Any]]:
        workers[kind] = function
        return function

    return register
