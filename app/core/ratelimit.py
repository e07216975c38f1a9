"""Slowing down who tries too often. Counts live in Valkey and may be lost: then we start again."""

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
_counted: ContextVar[bool] = ContextVar("counted", default=True)


@contextmanager
def not_counted() -> Iterator[None]:
    """Count no attempts inside this block: the demonstration replays its past."""
    token = _counted.set(False)
    try:
        yield
    finally:
        _counted.reset(token)


def is_counted() -> bool:
    """Whether tries count here."""
    return _counted.get()


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)


def client() -> Redis:
    """Valkey, as this application is set to use it."""
    return _client(current_app.config["REDIS_URL"])


def count(name: str, seconds: int) -> int:
    """Count one try of `name`; returns how many in this window of `seconds`."""
    if not _counted.get():
        return 0
    key = f"tries:{name}"
    try:
        pipe = client().pipeline()
        pipe.incr(key)
        pipe.expire(key, seconds, nx=True)
        return int(pipe.execute()[0])
    except RedisError as error:
        log.warning("tries not counted", error=error)
        return 0


def forget(name: str) -> None:
    """It went well: start counting again."""
    try:
        client().delete(f"tries:{name}")
    except RedisError as error:
        log.warning("tries not forgotten", error=error)


def limit(name: str, tries: int, seconds: int) -> None:
    """Count a try and raise TooManyAttempts beyond `tries` in `seconds`."""
    if count(name, seconds) > tries:
        raise TooManyAttempts(
            ngettext(
                "There were too many tries. Wait a minute and try again.",
                "There were too many tries. Wait %(num)s minutes and try again.",
                max(1, seconds // 60),
            )
        )
