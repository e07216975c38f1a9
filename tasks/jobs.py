"""The tasks that run long jobs."""

from __future__ import annotations

import app.matching.running  # noqa: F401  # registers jobs of kind "matching"; loads the solver
from app.core import job_runner
from tasks.celery_app import task


@task("jobs.work")
def run_jobs() -> None:
    """Run waiting jobs until there are none."""
    while job_runner.run_next_job():
        pass


@task("jobs.sweep")
def run_missed_jobs() -> None:
    """Run jobs whose notification was lost or whose worker was killed."""
    run_jobs()
