"""Reconnects a worker that cannot acknowledge a task because the broker was lost or replaced."""

from __future__ import annotations

from typing import Any

from kombu.transport.redis import Channel
from kombu.transport.virtual import Message


class StrictMessage(Message):
    """A message that makes the worker reconnect if it cannot be acknowledged.

    Celery only logs such a failure, and continues to count the task as unfinished. After as many
    failures as the worker has children, the worker takes no more tasks, although the broker
    responds. A new connection starts counting at zero.
    """

    def ack_log_error(self, logger: Any, errors: Any, multiple: bool = False) -> None:
        """Acknowledge the task. If that fails, log a warning and raise the connection's error."""
        try:
            self.ack(multiple=multiple)
        except errors as error:
            logger.warning("A task could not be acknowledged: %s", type(error).__name__)
            raise


def install() -> None:
    """Use `StrictMessage` for all connections of this process to the broker."""
    Channel.Message = StrictMessage
