"""What a worker does if it cannot acknowledge a task, because the broker was lost or replaced."""

from __future__ import annotations

from typing import Any

from kombu.transport.redis import Channel
from kombu.transport.virtual import Message


class StrictMessage(Message):
    """A message whose failed acknowledgement makes the worker connect again.

    Celery only logs such a failure, and goes on counting the task as unfinished. When that has
    happened to as many tasks as the worker has children, it takes no further task, although it is
    alive and the broker answers. A new connection counts from zero.
    """

    def ack_log_error(self, logger: Any, errors: Any, multiple: bool = False) -> None:
        """Acknowledge the task. Raises the error of the connection if that fails."""
        try:
            self.ack(multiple=multiple)
        except errors as error:
            logger.warning("A task could not be acknowledged: %s", type(error).__name__)
            raise


def install() -> None:
    """Use this message for all connections of this process to the broker."""
    Channel.Message = StrictMessage
