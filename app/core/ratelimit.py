"""Rate limits in fixed windows of time.

The counts are in Valkey. If they are lost, counting starts again at zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

import structlog
from flask import current_app
from flask_babel import ngettext
from redis import Redis
from redis.exceptions import RedisError

from app.core.errors import TooManyAttempts

log = structlog.get_logger()
_enabled: ContextVar[bool] = ContextVar("enabled", default=True)


@contextmanager
def disabled() -> Iterator[None]:
    """Count no attempts inside the block. Used while the demonstration replays its history."""
    token = _enabled.set(False)
    try:
        yield
    finally:
        _enabled.reset(token)


def is_enabled() -> bool:
    """Return whether attempts are counted here."""
    return _enabled.get()


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)


def client() -> Redis:
    """Return the Valkey client that this application is configured to use."""
    return _client(current_app.config["REDIS_URL"])


def count(name: str, seconds: int) -> int:
    """Count an attempt at `name`. Returns the number in the current window of `seconds`."""
    if not _enabled.get():
        return 0
    key = f"tries:{name}"
    try:
        pipe = client().pipeline()
        pipe.incr(key)
        pipe.expire(key, seconds, nx=True)
        return int(pipe.execute()[0])
    except RedisError as error:
        log.warning("attempts not counted", error=error)
        return 0


def reset(name: str) -> None:
    """Set the count of `name` back to zero, after a success."""
    try:
        client().delete(f"tries:{name}")
    except RedisError as error:
        log.warning("attempts not reset", error=error)


def limit(name: str, attempts: int, seconds: int) -> None:
    """Count an attempt. Raises TooManyAttempts after more than `attempts` in `seconds`."""
    if count(name, seconds) > attempts:
        raise TooManyAttempts(
            ngettext(
                "You have tried too many times. Wait a minute and try again.",
                "You have tried too many times. Wait %(num)s minutes and try again.",
                max(1, seconds // 60),
            )
        )
