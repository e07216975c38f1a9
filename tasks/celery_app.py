"""Celery: how tasks are registered, and how the worker behaves.

A task only tells the worker to look. The database holds the work itself, so a notification that
comes twice does no harm, and the timetable (tasks/schedule.py) makes up for one that is lost.
Valkey holds nothing that can't be lost.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import structlog
from celery import Celery, signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning

from app.core import audit, logs
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from tasks.application import flask_app, settings
from tasks.schedule import TIMETABLE

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# The known line of a normal start as root: Celery advises against root because of pickle, and we
# accept JSON only.
warnings.filterwarnings("ignore", category=SecurityWarning)

HOUR = 3600
log = structlog.get_logger()

celery_app = Celery(
    "champion",
    broker=settings.redis_url,
    include=[
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
    worker_max_memory_per_child=600_000,  # KiB; a child is replaced after the task that passes it
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


class TaskFailed(Exception):
    """A task failed. The log says why; Celery would quote the text and arguments of the error."""


def task(name: str) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Register a task: in an application context, in one transaction, acting as the system."""

    def register(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(function)
        def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            try:
                with flask_app().app_context(), transaction():
                    audit.acts_as(SYSTEM)
                    return function(*args, **kwargs)
            except Exception as error:
                log.exception("task failed", task=name)
                raise TaskFailed(f"{name}: {type(error).__name__}") from None

        celery_app.task(name=name)(run)
        return run

    return register


@signals.setup_logging.connect
def _log_our_way(**_: Any) -> None:
    """Log as the web application does, and keep Celery from setting up its own logging."""
    logs.configure(as_json=settings.is_production)
    for chatter in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        logging.getLogger(chatter).setLevel(logging.WARNING)  # a line for every notification


@signals.worker_init.connect
def _make_early(**_: Any) -> None:
    """Load the application in the parent, so that its children share the memory."""
    flask_app()


@signals.worker_process_init.connect
def _own_connections(**_: Any) -> None:
    """Drop, without closing them, the connections that a child inherits from its parent."""
    with flask_app().app_context():
        db.engine.dispose(close=False)


@signals.worker_ready.connect
def _begin(**_: Any) -> None:
    """Look at once, when a worker starts, for work that waited while there was none."""
    # The known line when the broker restarts: tasks may then run twice. Ours may. Said here and
    # not above, because Celery sets up warnings of its own while it starts.
    warnings.filterwarnings("ignore", "(?s).*late acknowledgement", CPendingDeprecationWarning)
    for name in ("heartbeat.beat", "messages.sweep", "jobs.sweep", "reminders.morning"):
        celery_app.send_task(name)
