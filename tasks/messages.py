"""Sending the messages that wait."""

from __future__ import annotations

from app.messages import outbox
from tasks.celery_app import celery_app, task

AT_A_TIME = 4  # seconds; then others have their turn, and an ordered stop need not wait


@task("messages.send")
def send() -> None:
    """Send the messages that are due, for a while; the rest in a further task."""
    if outbox.send_waiting(seconds=AT_A_TIME).more:
        celery_app.send_task("messages.send")


@task("messages.sweep")
def sweep() -> None:
    """Send the messages that a lost notification left."""
    send()
