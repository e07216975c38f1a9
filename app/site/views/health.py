"""Endpoints for monitoring the service."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.wrappers import Response

from app.core.errors import NotFound
from app.site import health
from app.site import metrics as site_metrics
from app.site.views.blueprint import blueprint
from app.web.http import public


@blueprint.get("/healthz")
@public
def healthz() -> dict[str, Any]:
    """Return 200 if the process can respond to requests."""
    return {"ok": True}


@blueprint.get("/readyz")
@public
def readyz() -> tuple[dict[str, Any], int]:
    """Return the result of each health check. The status is 503 if a check fails."""
    parts = health.run_health_checks()
    ok = all(part["ok"] for part in parts.values())
    return {"ok": ok, **parts}, 200 if ok else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Return the metrics, or 404 if the request does not come from an allowed network address."""
    if request.remote_addr not in current_app.config["SETTINGS"].metrics_from:
        raise NotFound()
    return Response(site_metrics.metrics_text(), content_type=CONTENT_TYPE_LATEST)
