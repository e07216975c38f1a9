"""Heartbeats, registered tasks, and jobs that survive their worker."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import clock, heartbeats, job_runner, jobs
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from app.core.errors import Conflict
from app.core.jobs import Job, JobState, Report
from config import ROOT
from tasks.schedule import TIMETABLE
from tests.integration.tasks.machine import Machine, wait_for

REGISTERED = """
import json
from tasks.celery_app import celery_app
celery_app.loader.import_default_modules()
print(json.dumps(sorted(name for name in celery_app.tasks if not name.startswith("celery."))))
"""


def test_every_task_that_is_sent_is_registered(machine: Machine) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REGISTERED],
        cwd=ROOT,
        env=machine.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    registered = set(json.loads(done.stdout))
    sent = {entry["task"] for entry in TIMETABLE.values()} | {"messages.send", "jobs.work"}
    assert sent == registered
    assert done.stderr == ""


def test_a_worker_without_its_settings_says_which_one(machine: Machine) -> None:
    environ = {k: v for k, v in machine.environ.items() if k != "SECRET_KEY"}
    done = subprocess.run(
        [sys.executable, "-c", "import tasks.celery_app"],
        cwd=ROOT,
        env=environ | {"APP_ENV": "production"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def last_heartbeat(machine: Machine, name: str) -> datetime | None:
    """Return the time of a process's last heartbeat."""
    with machine.site.app_context(), transaction():
        beat = heartbeats.last_heartbeat(name)
        return beat.at if beat else None


def test_worker_and_scheduler_record_heartbeats_soon_after_starting(machine: Machine) -> None:
    machine.start("worker")
    machine.start("scheduler")
    wait_for(lambda: last_heartbeat(machine, "worker"), "the worker shows life", within=20)
    wait_for(lambda: last_heartbeat(machine, "scheduler"), "the scheduler shows life", within=20)
    for name in ("worker", "scheduler"):
        assert "arning" not in machine.log(name)
        assert "rror" not in machine.log(name)


def count_processes(machine: Machine, kind: str) -> heartbeats.ProcessCount:
    """Return how many processes of a kind are live and lost."""
    with machine.site.app_context(), transaction():
        return heartbeats.count_processes(kind)


def test_every_worker_process_is_counted(machine: Machine) -> None:
    for name in ("worker", "second worker"):
        machine.start(name)
    wait_for(lambda: count_processes(machine, "worker").live == 2, "both workers are live")
    machine.stop("second worker")
    assert count_processes(machine, "worker") == heartbeats.ProcessCount(
        1, 0
    )  # it stopped in order
    machine.stop("worker", signal.SIGKILL)
    with clock.frozen(clock.now() + heartbeats.HEARTBEAT_TIMEOUT):
        assert count_processes(machine, "worker") == heartbeats.ProcessCount(0, 1)


def test_a_second_scheduler_stands_by_and_takes_over(machine: Machine) -> None:
    machine.start("scheduler")
    wait_for(lambda: last_heartbeat(machine, "scheduler"), "the first leads")
    machine.start("second scheduler")
    wait_for(lambda: count_processes(machine, "scheduler").live == 2, "both are live")
    assert "scheduler stands by" in machine.log("second scheduler")
    assert "stands by" not in machine.log("scheduler")
    machine.stop("scheduler")
    assert last_heartbeat(machine, "scheduler") is None
    wait_for(lambda: last_heartbeat(machine, "scheduler"), "the second leads")
    assert "scheduler leads" in machine.log("second scheduler")


def start(**parameters: object) -> int:
    """Add a waiting job and return its id."""
    job = jobs.start_job(SYSTEM, "test-job", **parameters)
    db.session.commit()
    return job.id


def test_a_job_records_progress_and_result(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(jobs.workers, "test-job", lambda job, report: {"sum": job.parameters["a"]})
    job_id = start(a=5)
    assert job_runner.run_next_job()
    job = session.get_one(Job, job_id)
    assert (job.state, job.result, job.percent) == (JobState.DONE, {"sum": 5}, 100)
    assert not job_runner.run_next_job()


def test_a_broken_rule_becomes_the_error_of_the_job(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(job: Job, report: Report) -> dict[str, object]:
        raise Conflict("Somebody was quicker.")

    monkeypatch.setitem(jobs.workers, "test-job", refuses)
    job_id = start()
    assert job_runner.run_next_job()
    job = session.get_one(Job, job_id)
    assert (job.state, job.error) == (JobState.FAILED, "Somebody was quicker.")


def test_an_unexpected_error_is_reported_without_details(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(job: Job, report: Report) -> dict[str, object]:
        raise ZeroDivisionError("secret insides")

    monkeypatch.setitem(jobs.workers, "test-job", breaks)
    job_id = start()
    assert job_runner.run_next_job()
    job = session.get_one(Job, job_id)
    assert job.state is JobState.FAILED
    assert job.error == str(job_runner.UNEXPECTED_ERROR)


def test_a_silent_job_is_not_run_twice_while_its_worker_lives(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[bool] = []

    def works(job: Job, report: Report) -> dict[str, object]:
        if not attempts:
            attempts.append(True)
            silent_since = clock.now() - 2 * jobs.STALE_AFTER
            db.session.execute(update(Job).values(alive_at=silent_since))
            attempts.append(job_runner.run_next_job())  # another worker looks for work
        return {}

    monkeypatch.setitem(jobs.workers, "test-job", works)
    start()
    assert job_runner.run_next_job()
    assert attempts == [True, False]
