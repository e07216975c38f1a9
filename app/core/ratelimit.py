"""Rate limits in fixed time windows.

Valkey stores the counts. If they are lost, counting starts again at zero. If Valkey does not
respond, attempts are not counted, and this process does not try Valkey again for a few seconds, so
that a request does not wait for it several times.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from weakref import WeakKeyDictionary

import structlog
from flask import current_app
from flask_babel import ngettext
from redis import Redis
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError, TimeoutError

from app.core.errors import TooManyAttempts

log = structlog.get_logger()
RESPONSE_TIMEOUT = 0.5  # seconds
RETRY_INTERVAL = 5  # seconds before Valkey is used again after a failure
_unavailable_until: WeakKeyDictionary[Redis, float] = WeakKeyDictionary()  # monotonic time
_enabled: ContextVar[bool] = ContextVar("enabled", default=True)


@contextmanager
def disable_limits() -> Iterator[None]:
    """Disable rate limits in this block. Used while the demonstration data is loaded."""
    token = _enabled.set(False)
    try:
        yield
    finally:
        _enabled.reset(token)


def is_enabled() -> bool:
    """Return whether rate limits are enabled."""
    return _enabled.get()


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(
        url, socket_connect_timeout=RESPONSE_TIMEOUT, socket_timeout=RESPONSE_TIMEOUT
    )


def client() -> Redis:
    """Return the application's Valkey client."""
    return _client(current_app.config["REDIS_URL"])


def is_unavailable() -> bool:
    """Return whether Valkey has failed to respond in the last few seconds."""
    return time.monotonic() < _unavailable_until.get(client(), 0.0)


def mark_unavailable() -> None:
    """Do not use Valkey for the next few seconds."""
    _unavailable_until[client()] = time.monotonic() + RETRY_INTERVAL


@contextmanager
def valkey() -> Iterator[Redis]:
    """Yield the client. Raises RedisError at once if Valkey recently failed to respond."""
    if is_unavailable():
        raise NoConnection("Valkey did not answer a moment ago.")
    try:
        yield client()
    except (NoConnection, TimeoutError):
        mark_unavailable()
        raise


def count_attempt(name: str, seconds: int) -> int:
    """Count an attempt, and return the number of attempts in the current window."""
    if not _enabled.get():
        return 0
    key = f"tries:{name}"
    try:
        with valkey() as store:
            pipe = store.pipeline()
            pipe.incr(key)
            pipe.expire(key, seconds, nx=True)
            return int(pipe.execute()[0])
    except RedisError as error:
        log.warning("attempts not counted", error=error)
        return 0


def reset_count(name: str) -> None:
    """Reset the count of `name` to zero."""
    try:
        with valkey() as store:
            store.delete(f"tries:{name}")
    except RedisError as error:
        log.warning("attempts not reset", error=error)


def limit_attempts(name: str, attempts: int, seconds: int) -> None:
    """Count an attempt. Raises TooManyAttempts if there are more than `attempts` in `seconds`."""
    if count_attempt(name, seconds) > attempts:
        raise TooManyAttempts(
            ngettext(
                "You have tried too many times. Wait a minute and try again.",
                "You have tried too many times. Wait %(num)s minutes and try again.",
                max(1, seconds // 60),
            )
        )
