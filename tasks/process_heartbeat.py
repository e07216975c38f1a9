"""Record the heartbeats of worker processes, even when they have no tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import bootsteps

from app.core import heartbeats
from app.core.db import db, transaction
from tasks.application import flask_app
from tasks.schedule import HEARTBEAT_INTERVAL

log = structlog.get_logger()


class ProcessHeartbeat(bootsteps.StartStopStep):
    """A worker component that records the heartbeat of its process."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **options: Any) -> None:
        self._timer: Any = None
        self._process = ""
        super().__init__(worker, **options)

    def start(self, worker: Any) -> None:
        """Start recording heartbeats."""
        self._process = heartbeats.current_process_name()
        self._record_heartbeat()
        self._timer = worker.timer.call_repeatedly(HEARTBEAT_INTERVAL, self._record_heartbeat)

    def stop(self, worker: Any) -> None:
        """Stop recording heartbeats, and record that the process has stopped."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._record(heartbeats.record_process_stop)

    def _record_heartbeat(self) -> None:
        self._record(heartbeats.record_process_heartbeat)

    def _record(self, write: Callable[[str, str], None]) -> None:
        """Call `write`, then close the database connection. Child processes must not inherit it."""
        try:
            with flask_app().app_context():
                with transaction():
                    write("worker", self._process)
                db.engine.dispose()
        except Exception as error:  # the worker continues without the database
            log.warning("heartbeat not recorded", error=error)
