"""Does waiting jobs, in a worker. A job whose worker was killed is taken over by the next.

While a job is being done its worker holds an advisory lock on a connection of its own. The lock
goes with the process, however that ends, so "silent for a while" (`jobs.STALE_AFTER`) is never
mistaken for "abandoned", and no job is done twice at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import OperationalError

from app.core import audit, jobs, locks
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from app.core.errors import DomainError
from app.core.jobs import Job
from app.core.locks import Lock

WENT_WRONG = "Something went wrong on our side. Try again; if it happens twice, tell the team."

log = structlog.get_logger()


def run_next() -> bool:
    """Do the oldest waiting job; False when there is none to do. Commits."""
    with transaction():
        claimed = jobs.claim(sorted(jobs.workers))
        job_id = claimed.id if claimed else None
    if job_id is None:
        return False
    with _alone(job_id) as alone:
        if alone:
            _run(job_id)
    return alone


@contextmanager
def _alone(job_id: int) -> Iterator[bool]:
    """Whether nobody else is doing this job; they can't begin it until the block ends."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        alone = locks.try_on(connection, Lock.JOB, job_id)
        try:
            yield alone
        finally:
            if alone:
                locks.release_on(connection, Lock.JOB, job_id)


def _run(job_id: int) -> None:
    try:
        with transaction():
            audit.acts_as(SYSTEM)
            job = db.session.get_one(Job, job_id)
            if job.finished_at or job.failed_at:
                return  # whoever was silent has finished after all
            result = jobs.workers[job.kind](job, jobs.reporter(job_id))
            jobs.finish(job_id, result)
    except OperationalError:
        raise  # the database went away: the job waits, and is taken up again
    except DomainError as error:
        _give_up(job_id, error.message)
    except Exception:
        log.exception("job failed", job=job_id)
        _give_up(job_id, WENT_WRONG)


def _give_up(job_id: int, sentence: str) -> None:
    with transaction():
        jobs.fail(job_id, sentence)
