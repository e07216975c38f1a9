"""The nightly task."""

from __future__ import annotations

import structlog

from app.core import clock, registry
from app.core.db import db
from tasks.celery_app import task

log = structlog.get_logger()


@task("nightly.run")
def run_nightly_work() -> None:
    """Call each room's nightly function. Failures are logged and do not stop the others."""
    for function in registry.nightly:
        name = f"{function.__module__}.{function.__qualname__}"
        try:
            with db.session.begin_nested():
                done = function(clock.today())
        except Exception:  # a failure in one room must not affect another
            log.exception("nightly work failed", work=name)
        else:
            log.info("nightly work done", work=name, done=done)
