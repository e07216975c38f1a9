"""Running long jobs."""

from __future__ import annotations

import app.matching.running  # noqa: F401  # does jobs of kind "matching"; loads the solver
from app.core import job_runner
from tasks.celery_app import task


@task("jobs.work")
def work() -> None:
    """Run waiting jobs, one after another, until there are none."""
    while job_runner.run_next():
        pass


@task("jobs.sweep")
def sweep() -> None:
    """Work on jobs that a lost notification or a killed worker left."""
    work()
