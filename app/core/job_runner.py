"""Runs waiting jobs in a worker, and resumes jobs whose worker was killed.

While a worker runs a job, it holds an advisory lock on a separate connection. PostgreSQL releases
the lock when the worker's process ends for any reason. A job is abandoned if it has made no
progress for `jobs.STALE_AFTER`. Another worker only takes over an abandoned job if it can get the
lock, so two workers never run the same job at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError

from app.core import audit, jobs, locks
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from app.core.errors import DomainError
from app.core.jobs import Job
from app.core.locks import Lock

UNEXPECTED_ERROR = _l(
    "Something went wrong on our side. Try again. If it happens again, tell the team."
)

log = structlog.get_logger()


def run_next_job() -> bool:
    """Run the oldest waiting or abandoned job, and return whether a job was run. Commits."""
    with transaction():
        claimed = jobs.claim_job(sorted(jobs.workers))
        job_id = claimed.id if claimed else None
    if job_id is None:
        return False

    with _lock_job(job_id) as is_ours:
        if is_ours:
            _run_job(job_id)
    return is_ours


@contextmanager
def _lock_job(job_id: int) -> Iterator[bool]:
    """Try to lock the job during the block, and yield whether it was locked."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_ours = locks.try_acquire(connection, Lock.JOB, job_id)
        try:
            yield is_ours
        finally:
            if is_ours:
                locks.release(connection, Lock.JOB, job_id)


def _run_job(job_id: int) -> None:
    try:
        with transaction():
            audit.set_actor(SYSTEM)
            job = db.session.get_one(Job, job_id)
            if job.finished_at or job.failed_at:
                return  # the worker that seemed dead has finished it
            result = jobs.workers[job.kind](job, jobs.progress_reporter(job_id))
            jobs.finish_job(job_id, result)
    except OperationalError:
        raise  # the connection was lost: the job waits until a worker takes it over
    except DomainError as error:
        _fail_job(job_id, error.message)
    except Exception:
        log.exception("job failed", job=job_id)
        _fail_job(job_id, str(UNEXPECTED_ERROR))


def _fail_job(job_id: int, sentence: str) -> None:
    with transaction():
        jobs.fail_job(job_id, sentence)
