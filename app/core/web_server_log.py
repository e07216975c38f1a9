"""Gunicorn's log, redacted and without URLs, because URLs can contain secrets.

It is set with gunicorn's option `--logger-class app.core.web_server_log.Log`.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from app.core import logs

MESSAGES_QUOTING_REQUEST = ("Error handling request", "Invalid request")


class RequestFilter(logging.Filter):
    """A logging filter that shortens lines that contain the URL or a header of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the line if necessary. Always returns True, so that the line is logged."""
        for beginning in MESSAGES_QUOTING_REQUEST:
            if str(record.msg).startswith(beginning):
                record.msg, record.args = beginning, ()
        return True


class Log(Logger):
    """A gunicorn logger that uses our log format. It does not log requests."""

    def setup(self, cfg: Config) -> None:
        """Replace gunicorn's handlers with our own."""
        super().setup(cfg)
        as_json = (os.environ.get("APP_ENV") or "production") == "production"
        self.error_log.handlers[:] = [logs.make_handler(as_json=as_json)]
        self.error_log.filters[:] = [RequestFilter()]

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Do nothing, because the application logs requests itself, without URLs."""
