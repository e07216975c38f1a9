"""Reconnect a worker that cannot acknowledge a task because the broker was lost or replaced."""

from __future__ import annotations

from typing import Any

from kombu.transport.redis import Channel
from kombu.transport.virtual import Message


class ReconnectingMessage(Message):
    """A message that makes the worker reconnect if it cannot be acknowledged or returned.

    Celery only logs such a failure, and continues to count the task as unfinished. Once the number
    of failures equals the number of the worker's child processes, the worker takes no more tasks,
    even if the broker responds again. A new connection resets the count to zero.
    """

    def ack_log_error(self, logger: Any, errors: Any, multiple: bool = False) -> None:
        """Acknowledge the task. If that fails, log a warning and raise the connection's error."""
        try:
            self.ack(multiple=multiple)
        except errors as error:
            logger.warning("A task could not be acknowledged: %s", type(error).__name__)
            raise

    def reject_log_error(self, logger: Any, errors: Any, requeue: bool = False) -> None:
        """Return or drop the task. If that fails, log a warning and raise the connection's error.

        A worker returns a task if the child process that ran it was killed.
        """
        try:
            self.reject(requeue=requeue)
        except errors as error:
            logger.warning("A task could not be returned: %s", type(error).__name__)
            raise


def install() -> None:
    """Use `ReconnectingMessage` for all connections of this process to the broker."""
    Channel.Message = ReconnectingMessage
