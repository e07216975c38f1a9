"""The tasks that send messages."""

from __future__ import annotations

from app.messages import outbox
from tasks.celery_app import celery_app, task

AT_A_TIME = 4  # seconds; other tasks then get a turn, and a shutdown need not wait


@task("messages.send")
def send_messages() -> None:
    """Send messages that are due, for a few seconds. Another task then continues."""
    if outbox.send_waiting(seconds=AT_A_TIME).more:
        celery_app.send_task("messages.send")


@task("messages.sweep")
def send_missed_messages() -> None:
    """Send messages whose notification was lost."""
    send_messages()
