"""The health checks for /readyz, one for each part of the service."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
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

MAX_MORNING_RUN_AGE = timedelta(hours=26)
MORNING = time(8)  # London time, as in tasks/schedule.py
MORNING_GRACE = timedelta(hours=2)
BROKER_TIMEOUT = 1  # seconds
MEGABYTE = 1024 * 1024


def run_health_checks() -> dict[str, dict[str, Any]]:
    """Return the result of each check by name. A check that cannot be run is not ok."""
    found = {"database": _run_check(_check_database)}
    found["broker"] = _check_broker()
    found["disk"] = check_disk()
    for name, check in (
        ("migrations", _check_migrations),
        ("worker", lambda: _check_heartbeat("worker")),
        ("scheduler", lambda: _check_heartbeat("scheduler")),
        ("morning_run", _check_morning_run),
    ):
        found[name] = _run_check(check) if found["database"]["ok"] else {"ok": False}
    for check in registry.readiness:
        found |= check()
    return found


def _run_check(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return check()
    except SQLAlchemyError as error:
        db.session.rollback()
        return {"ok": False, "error": type(error).__name__}


def _check_database() -> dict[str, Any]:
    ping()
    return {"ok": True}


def check_disk() -> dict[str, Any]:
    """Check the free space on the disks. Returns the smallest free space in MB.

    Folders that cannot be read are left out.
    """
    settings = current_app.config["SETTINGS"]
    free = []
    for folder in settings.watched_folders:
        with suppress(OSError):
            free.append(shutil.disk_usage(folder).free // MEGABYTE)
    least = min(free, default=settings.least_free_mb)
    return {"ok": least >= settings.least_free_mb, "free_mb": least}


@cache
def _redis_client(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=BROKER_TIMEOUT, socket_timeout=BROKER_TIMEOUT)


def _check_broker() -> dict[str, Any]:
    try:
        _redis_client(current_app.config["REDIS_URL"]).ping()
    except RedisError as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True}


@cache
def _latest_migration() -> str | None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()


def _check_migrations() -> dict[str, Any]:
    current = MigrationContext.configure(db.session.connection()).get_current_revision()
    return {"ok": current == _latest_migration(), "at": current, "head": _latest_migration()}


def _check_heartbeat(name: str) -> dict[str, Any]:
    """Check the heartbeat of a process, and count the live and the lost processes."""
    beat = heartbeats.last_heartbeat(name)
    return {
        "ok": beat is not None and abs(clock.now() - beat.at) < heartbeats.HEARTBEAT_TIMEOUT,
        "last": beat.at.isoformat() if beat else None,
        **asdict(heartbeats.count_processes(name)),
    }


def _check_morning_run() -> dict[str, Any]:
    """Check that the morning run finished within the last 26 hours.

    The check also passes before the first run is due.
    """
    beat = heartbeats.last_heartbeat("morning run")
    if beat is not None:
        ok = clock.now() - beat.at < MAX_MORNING_RUN_AGE
        return {"ok": ok, "last": beat.at.isoformat()}
    loaded = programme.current()
    due = loaded is not None and first_morning_run(loaded.loaded_at) + MORNING_GRACE < clock.now()
    return {"ok": not due, "last": None, **({} if due else {"note": "not due yet"})}


def first_morning_run(since: datetime) -> datetime:
    """Return the first time after ``since`` when the morning run is due."""
    day = clock.london_day(since)
    at = clock.london_instant(day, MORNING)
    return at if at > since else clock.london_instant(day + timedelta(days=1), MORNING)
