"""Whether this process lives, and whether all parts work together."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.wrappers import Response

from app.core.errors import NotFound
from app.site import health
from app.site import metrics as metrics_now
from app.site.views.blueprint import blueprint
from app.web.http import public


@blueprint.get("/healthz")
@public
def healthz() -> dict[str, Any]:
    """This process answers."""
    return {"ok": True}


@blueprint.get("/readyz")
@public
def readyz() -> tuple[dict[str, Any], int]:
    """Each part the site needs; 503 while one is missing."""
    parts = health.parts()
    ok = all(part["ok"] for part in parts.values())
    return {"ok": ok, **parts}, 200 if ok else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Figures for a scraper; not there for anybody else."""
    if request.remote_addr not in current_app.config["SETTINGS"].metrics_from:
        raise NotFound()
    return Response(metrics_now.figures(), content_type=CONTENT_TYPE_LATEST)
