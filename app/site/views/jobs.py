"""Pages about the progress of a background job, for its owner."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from app.core import jobs
from app.core.permissions import USE_ACCOUNT
from app.site.views.blueprint import blueprint
from app.web import http
from app.web.http import requires


@blueprint.get("/jobs/<id(jobs):job_id>")
@requires(USE_ACCOUNT)
def job(job_id: int) -> str:
    """Show the progress of a job. If JavaScript is off, the page reloads itself."""
    found = jobs.find_job(http.actor(), job_id)
    return render_template(
        "site/job.html",
        job=found,
        status_url=url_for("site.job_status", job_id=found.id),
        done_url=result_url(found),
    )


@blueprint.get("/jobs/<id(jobs):job_id>/status")
@requires(USE_ACCOUNT)
def job_status(job_id: int) -> dict[str, Any]:
    """Return the progress of a job as JSON, for the script on the page."""
    found = jobs.find_job(http.actor(), job_id)
    return {
        "state": found.state,
        "percent": found.percent,
        "stage": found.stage,
        "error": found.error,
        "url": result_url(found),
    }


def result_url(found: jobs.Job) -> str | None:
    """Return the URL of a finished job's result, or None if the result has no page."""
    page = (found.result or {}).get("page")
    return url_for(page["endpoint"], **page.get("values", {})) if page else None
