"""The parts of /readyz: each says whether it works, and what it saw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, heartbeats, programme, registry
from app.core.db import db, ping
from config import ROOT

ALIVE_WITHIN = timedelta(minutes=2)
MORNING_WITHIN = timedelta(hours=26)
MORNING = time(8)  # London; as tasks/schedule.py has it
MORNING_GRACE = timedelta(hours=2)
PATIENCE = 1  # seconds for the broker to answer


def parts() -> dict[str, dict[str, Any]]:
    """Every part by name, each with `ok`. A part that can't be asked is not ok."""
    found = {"database": _asked(_database)}
    found["broker"] = _broker()
    for name, ask in (
        ("migrations", _migrations),
        ("worker", lambda: _alive("worker")),
        ("scheduler", lambda: _alive("scheduler")),
        ("morning_run", _morning_run),
    ):
        found[name] = _asked(ask) if found["database"]["ok"] else {"ok": False}
    for ask in registry.readiness:
        found |= ask()
    return found


def _asked(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return ask()
    except SQLAlchemyError as error:
        db.session.rollback()
        return {"ok": False, "error": type(error).__name__}


def _database() -> dict[str, Any]:
    ping()
    return {"ok": True}


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)


def _broker() -> dict[str, Any]:
    try:
        _client(current_app.config["REDIS_URL"]).ping()
    except RedisError as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True}


@cache
def _head() -> str | None:
    """The newest migration of this code."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()


def _migrations() -> dict[str, Any]:
    current = MigrationContext.configure(db.session.connection()).get_current_revision()
    return {"ok": current == _head(), "at": current, "head": _head()}


def _alive(name: str) -> dict[str, Any]:
    beat = heartbeats.last(name)
    return {
        "ok": beat is not None and clock.now() - beat.at < ALIVE_WITHIN,
        "last": beat.at.isoformat() if beat else None,
    }


def _morning_run() -> dict[str, Any]:
    """It must have finished within the last 26 hours; before the first is due, all is well.

    The first is due on the first morning after the programme was loaded.
    """
    beat = heartbeats.last("morning run")
    if beat is not None:
        ok = clock.now() - beat.at < MORNING_WITHIN
        return {"ok": ok, "last": beat.at.isoformat()}
    loaded = programme.current()
    due = loaded is not None and first_morning(loaded.loaded_at) + MORNING_GRACE < clock.now()
    return {"ok": not due, "last": None, **({} if due else {"note": "not due yet"})}


def first_morning(since: datetime) -> datetime:
    """The first time after `since` at which the morning run is due."""
    day = clock.london_day(since)
    at = clock.london(day, MORNING)
    return at if at > since else clock.london(day + timedelta(days=1), MORNING)
