"""Notifies the worker, after the commit, that there is work.

If the broker cannot be reached, the failure is logged, and the scheduler finds the work later. A
broker that did not answer a moment ago is not tried, so that a request does not wait for it twice.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import structlog
from celery import Celery
from flask import current_app

from app.core import ratelimit
from app.core.db import after_commit

log = structlog.get_logger()


@cache
def _sender(redis_url: str) -> Celery:
    sender = Celery("champion-notify", broker=redis_url, set_as_current=False)
    sender.conf.update(
        broker_connection_timeout=ratelimit.ANSWERS_WITHIN,
        broker_transport_options={
            "socket_connect_timeout": ratelimit.ANSWERS_WITHIN,
            "socket_timeout": ratelimit.ANSWERS_WITHIN,
        },
        task_ignore_result=True,
    )
    return sender


def notify_worker(task: str, *arguments: Any) -> None:
    """Ask the worker to run `task` (its registered name) after this transaction is committed."""
    if not current_app.config["NOTIFY_WORKER"]:
        return
    redis_url = current_app.config["REDIS_URL"]

    def send() -> None:
        if ratelimit.is_left_alone():
            log.warning("worker not notified", task=task, error="no answer a moment ago")
            return
        try:
            _sender(redis_url).send_task(task, args=arguments, retry=False)
        except Exception as error:  # a failure of the broker must not fail the request
            log.warning("worker not notified", task=task, error=error)
            ratelimit.leave_alone()

    after_commit(send)
