"""The tasks that send messages."""

from __future__ import annotations

from app.messages import outbox
from tasks.celery_app import celery_app, task

TIME_PER_TASK = 4  # seconds, so that other tasks and a shutdown do not have to wait long


@task("messages.send")
def send_messages() -> None:
    """Send messages that are due. After a few seconds, leave the rest to another task."""
    if outbox.send_waiting(seconds=TIME_PER_TASK).more:
        celery_app.send_task("messages.send")


@task("messages.sweep")
def send_missed_messages() -> None:
    """Send messages whose notification was lost."""
    send_messages()
