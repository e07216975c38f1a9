"""Structured logs with a request ID: JSON in production, readable text elsewhere.

Log lines contain no personal data. Callers log IDs, and all values are passed through
`app.core.redaction`.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

import structlog

from app.core import redaction

SHARED_PROCESSORS: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
OWN_KEYS = frozenset({"level", "timestamp", "request_id", "exception", "stack"})  # never data
# Libraries that quote their input in log lines. Our own lines report the failure instead.
QUOTING_LOGGERS = ("notifications_python_client", "smtplib", "urllib3")


def configure(*, as_json: bool) -> None:
    """Send the logs of this application and its libraries to stderr, in one format."""
    structlog.configure(
        processors=[*SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [make_handler(as_json=as_json)]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    for name in QUOTING_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def make_handler(*, as_json: bool) -> logging.Handler:
    """Return a handler that writes redacted log lines to stderr."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED_PROCESSORS,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_format_exception),
                _redact,
                renderer,
            ],
        )
    )
    return handler


def _format_exception(exc_info: structlog.typing.ExcInfo) -> str:
    return redaction.format_exception(exc_info[1])


def _redact(
    logger: object, method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {
        key: logged if key in OWN_KEYS else redaction.redact_value(logged)
        for key, logged in line.items()
    }


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        redaction.write_uncaught(sys.stderr, kind, error, trace)


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        redaction.write_uncaught(sys.stderr, args.exc_type, args.exc_value, args.exc_traceback)
