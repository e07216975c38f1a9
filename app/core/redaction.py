"""Removes personal data from logs and from stored error messages.

The text of an exception can quote any value. For example, a database error quotes a duplicate key.
The text is therefore logged only for exception types that never quote values. For other exceptions
only the type is logged, and for database errors also the SQLSTATE and the names of the table,
column and constraint. Email addresses, phone numbers and postcodes are removed from all other
values. UK GDPR Art. 5(1)(c) and 32.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TextIO

import jinja2
import kombu.exceptions
import psycopg
import redis
from sqlalchemy.exc import DBAPIError

from app.core.errors import DomainError

EMAIL = re.compile(r"[^\s<>()\[\],;:\"'“”=]+@[^\s<>()\[\],;:\"'“”]+")
PHONE = re.compile(r"(?<![\w.:/+-])(?:\+|\(?0)(?:[\s().-]{0,2}\d){8,14}(?![\w])")
POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? {0,2}[0-9][A-Z]{2}\b", re.IGNORECASE)
PATTERNS = (
    (EMAIL, "(email address)"),
    (PHONE, "(phone number)"),
    (POSTCODE, "(postcode)"),
)
# Exceptions whose text can name parts of the program, but never contains the data it handles.
SAFE_TO_LOG = (
    AttributeError,
    ImportError,
    NameError,
    NotImplementedError,
    TypeError,
    jinja2.TemplateError,
    kombu.exceptions.KombuError,  # about the broker
    redis.RedisError,
)
CONNECTION_LOST = ("08", "57")  # SQLSTATE classes whose text is about the server, not the data
LONGEST_CHAIN = 20  # exceptions


def redact_text(value: str) -> str:
    """Return the text with any email addresses, phone numbers and postcodes replaced."""
    for pattern, replacement in PATTERNS:
        value = pattern.sub(replacement, value)
    return value


def describe_error(error: BaseException) -> str:
    """Return the type of an exception, and its text if the text contains no personal data."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    text = _error_text(error)
    return f"{name}: {text}" if text else name


def _error_text(error: BaseException) -> str:
    if isinstance(error, DBAPIError) and isinstance(error.orig, BaseException):
        return describe_error(error.orig)
    if isinstance(error, psycopg.Error):
        return _database_text(error)
    if isinstance(error, DomainError):
        return ""  # its message is for the user, and may repeat what they typed
    if isinstance(error, OSError):
        return redact_text(error.strerror or "")  # without the file's name
    return redact_text(str(error)) if isinstance(error, SAFE_TO_LOG) else ""


def _database_text(error: psycopg.Error) -> str:
    """Return the SQLSTATE and names. If no statement failed, return the server's message."""
    state = error.sqlstate
    if state is None or state.startswith(CONNECTION_LOST):
        connecting = isinstance(error, psycopg.OperationalError)
        return redact_text(" ".join(str(error).split())[:300]) if connecting else ""
    diag = error.diag
    named = {"table": diag.table_name, "column": diag.column_name, "name": diag.constraint_name}
    return " ".join([f"SQLSTATE {state}", *(f"{k}={v}" for k, v in named.items() if v)])


def format_exception(error: BaseException) -> str:
    """Format an exception with its causes and tracebacks, without values of local variables."""
    return "\n".join(_report_lines(error)).rstrip()


def _report_lines(error: BaseException) -> Iterator[str]:
    for number, one in enumerate(reversed(_exception_chain(error))):
        if number:
            yield "\nwhich led to:\n"
        yield "Traceback (most recent call last):"
        for line in traceback.format_tb(one.__traceback__):
            yield line.rstrip()
        yield describe_error(one)
        if isinstance(one, BaseExceptionGroup):
            for inner in one.exceptions:
                yield from (f"  | {line}" for line in _report_lines(inner))


def _exception_chain(error: BaseException) -> list[BaseException]:
    """Return the exception and its causes, with the last one raised first."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain and len(chain) < LONGEST_CHAIN:
        chain.append(following)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return chain


def redact_value(logged: Any) -> Any:
    """Redact a value in a log line. The items of a container are redacted one by one."""
    if logged is None or isinstance(logged, bool | int | float):
        return logged
    if isinstance(logged, BaseException):
        return describe_error(logged)
    if isinstance(logged, Mapping):
        return {str(key): redact_value(one) for key, one in logged.items()}
    if isinstance(logged, Sequence | set | frozenset) and not isinstance(logged, str | bytes):
        return [redact_value(one) for one in logged]
    return redact_text(logged if isinstance(logged, str) else repr(logged))


def write_uncaught(
    stream: TextIO,
    kind: type[BaseException],
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    """Write a redacted report of an uncaught exception instead of Python's own report."""
    stream.write(format_exception((error or kind()).with_traceback(trace)) + "\n")
    stream.flush()
