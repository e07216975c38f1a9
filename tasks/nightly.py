"""The work that rooms do every night."""

from __future__ import annotations

import structlog

from app.core import clock, registry
from app.core.db import db
from tasks.celery_app import task

log = structlog.get_logger()


@task("nightly.run")
def run() -> None:
    """Call each room's function. One that fails is logged and does not stop the others."""
    for clean_up in registry.nightly:
        name = f"{clean_up.__module__}.{clean_up.__qualname__}"
        try:
            with db.session.begin_nested():
                done = clean_up(clock.today())
        except Exception:  # one room's trouble is no other's
            log.exception("nightly work failed", work=name)
        else:
            log.info("nightly work done", work=name, done=done)
