"""Configure the Celery worker and register tasks.

A task only tells the worker to look for work in the database. A duplicate notification does no
harm, and the timetable (tasks/schedule.py) makes up for lost notifications. Valkey does not hold
any data that must not be lost.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import structlog
from celery import Celery, signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning

from app.core import audit, clock, logs
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from tasks import acknowledging
from tasks.application import flask_app, settings
from tasks.process_heartbeat import ProcessHeartbeat
from tasks.schedule import TIMETABLE

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Celery warns against running as root because of pickle, but we accept only JSON.
warnings.filterwarnings("ignore", category=SecurityWarning)

HOUR = 3600
log = structlog.get_logger()


class ClockedCelery(Celery):
    """Celery with the application's clock, which determines when a scheduled task is due."""

    def now(self) -> datetime:
        """Return the current time in the timetable's time zone."""
        return clock.now().astimezone(self.timezone)


celery_app = ClockedCelery(
    "champion",
    broker=settings.redis_url,
    include=[
        "tasks.attendance",
        "tasks.heartbeat",
        "tasks.jobs",
        "tasks.messages",
        "tasks.nightly",
        "tasks.people",
        "tasks.roles",
        "tasks.reminders",
        "tasks.safeguarding",
    ],
)
celery_app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_backend=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=600_000,  # KiB; a child that exceeds it is replaced after its task
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"visibility_timeout": HOUR, "socket_timeout": 30},
    timezone="Europe/London",
    enable_utc=True,
    beat_schedule=TIMETABLE,
    beat_scheduler="tasks.timekeeper:Timekeeper",
)
celery_app.steps["worker"].add(ProcessHeartbeat)
acknowledging.install()


class TaskFailed(Exception):
    """Raised if a task fails. The log contains the reason.

    It replaces the original exception, because Celery would log its text and the task's arguments.
    """


def task(name: str) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Register a task. It runs as the system, in an application context and one transaction."""

    def register(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(function)
        def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            try:
                with flask_app().app_context(), transaction():
                    audit.set_actor(SYSTEM)
                    return function(*args, **kwargs)
            except Exception as error:
                log.exception("task failed", task=name)
                raise TaskFailed(f"{name}: {type(error).__name__}") from None

        celery_app.task(name=name, Request="tasks.requests:ClockedRequest")(run)
        return run

    return register


@signals.setup_logging.connect
def _configure_logging(**_: Any) -> None:
    """Use the log format of the web application instead of Celery's."""
    logs.configure(as_json=settings.is_production)
    for logger_name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        logging.getLogger(logger_name).setLevel(logging.WARNING)  # they log every notification


@signals.worker_init.connect
def _load_application(**_: Any) -> None:
    """Load the application in the parent process, so that its children share the memory."""
    flask_app()


@signals.worker_process_init.connect
def _discard_inherited_connections(**_: Any) -> None:
    """Discard the database connections that a child process inherits, without closing them."""
    with flask_app().app_context():
        db.engine.dispose(close=False)


@signals.worker_ready.connect
def _catch_up(**_: Any) -> None:
    """Look for work that was added while no worker was running."""
    # Celery warns that tasks may run twice when the broker restarts. Ours are idempotent. The
    # filter is set here, because Celery resets the filters while it starts.
    warnings.filterwarnings("ignore", "(?s).*late acknowledgement", CPendingDeprecationWarning)
    for name in ("heartbeat.beat", "messages.sweep", "jobs.sweep", "reminders.morning"):
        celery_app.send_task(name)
