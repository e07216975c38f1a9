"""Notifies the worker, after the commit, that there is work.

If the broker cannot be reached, the failure is logged, and the scheduler finds the work later.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import structlog
from celery import Celery
from flask import current_app

from app.core.db import after_commit

log = structlog.get_logger()


@cache
def _sender(redis_url: str) -> Celery:
    sender = Celery("champion-notify", broker=redis_url, set_as_current=False)
    sender.conf.update(
        broker_connection_timeout=1,
        broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 1},
        task_ignore_result=True,
    )
    return sender


def notify_worker(task: str, *arguments: Any) -> None:
    """Ask the worker to run `task` (its registered name) after this transaction is committed."""
    if not current_app.config["NOTIFY_WORKER"]:
        return
    redis_url = current_app.config["REDIS_URL"]

    def send() -> None:
        try:
            _sender(redis_url).send_task(task, args=arguments, retry=False)
        except Exception as error:  # a failure of the broker must not fail the request
            log.warning("worker not notified", task=task, error=error)

    after_commit(send)
