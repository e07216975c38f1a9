"""gunicorn's log, redacted like ours and without URLs, which may contain secrets.

gunicorn's command line names it: `--logger-class app.core.web_server_log.Log`.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from app.core import logs

QUOTES_THE_REQUEST = ("Error handling request", "Invalid request")


class RequestFilter(logging.Filter):
    """A filter that shortens lines that quote a request's URL or one of its headers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the line if necessary. Always returns True, so that the line is written."""
        for beginning in QUOTES_THE_REQUEST:
            if str(record.msg).startswith(beginning):
                record.msg, record.args = beginning, ()
        return True


class Log(Logger):
    """gunicorn's logger in our format. The application logs requests itself, as URL patterns."""

    def setup(self, cfg: Config) -> None:
        """Replace gunicorn's handlers with ours."""
        super().setup(cfg)
        as_json = (os.environ.get("APP_ENV") or "production") == "production"
        self.error_log.handlers[:] = [logs.handler(as_json=as_json)]
        self.error_log.filters[:] = [RequestFilter()]

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Log nothing, whatever the configuration says."""
