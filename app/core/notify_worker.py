"""Notifies the worker about new work after the commit.

If the broker cannot be reached, the failure is logged, and the scheduler starts the work later.
After a failure, the broker is not tried again for a few seconds, so that a request does not wait
twice.
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
def _broker_client(redis_url: str) -> Celery:
    sender = Celery("champion-notify", broker=redis_url, set_as_current=False)
    sender.conf.update(
        broker_connection_timeout=ratelimit.RESPONSE_TIMEOUT,
        broker_transport_options={
            "socket_connect_timeout": ratelimit.RESPONSE_TIMEOUT,
            "socket_timeout": ratelimit.RESPONSE_TIMEOUT,
        },
        task_ignore_result=True,
    )
    return sender


def notify_worker(task: str, *arguments: Any) -> None:
    """Send the task with this registered name to the worker after this transaction commits."""
    if not current_app.config["NOTIFY_WORKER"]:
        return
    redis_url = current_app.config["REDIS_URL"]

    def send() -> None:
        if ratelimit.is_unavailable():
            log.warning("worker not notified", task=task, error="no answer a moment ago")
            return
        try:
            _broker_client(redis_url).send_task(task, args=arguments, retry=False)
        except Exception as error:  # a failure of the broker must not fail the request
            log.warning("worker not notified", task=task, error=error)
            ratelimit.mark_unavailable()

    after_commit(send)
