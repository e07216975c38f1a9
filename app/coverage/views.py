"""Pages for the coverage room: the overview, the people in a figure, and published figures."""

from __future__ import annotations

import io
from typing import get_args

from flask import Blueprint, Response, render_template, request, send_file

from app.certificates.wording import last_day_in_words
from app.core.errors import NotFound
from app.coverage import service
from app.coverage.forms import AsAtForm, iso_date
from app.coverage.types import FigureGroup, Publication
from app.records import named_organisations
from app.web import http, slow_work
from app.web.http import public, requires

blueprint = Blueprint("coverage", __name__)


@blueprint.get("/coverage")
@requires("coverage:read")
@slow_work.limited
def overview() -> str:
    """Show current figures to users who may see people, and published figures to others."""
    actor = http.actor()
    form = AsAtForm(request.args.get("on"))
    found = service.overview(actor, form.day())
    if found is None:
        return _progress("coverage.overview")
    return render_template(
        "coverage/overview.html",
        form=form,
        found=found,
        today=http.today(),
        everyone=service.sees_everyone(actor),
        drawing=service.district_map(),
        attributions=service.attributions(),
        geography_note=service.geography_note(),
        unlinked=named_organisations.count_people(actor, http.today())
        if actor.may("organisations:change")
        else 0,
    )


@blueprint.get("/coverage/<slug>/people")
@requires("coverage:people")
@slow_work.limited
def people(slug: str) -> str:
    """List the people that a figure counts, one page at a time. Return 404 for an invalid date."""
    on = AsAtForm(request.args.get("on")).valid_day
    if on is None:
        raise NotFound()
    groups: dict[str | None, FigureGroup] = {each: each for each in get_args(FigureGroup)}
    which = groups.get(request.args.get("which"), "held")
    subject, page = service.counted_people(http.actor(), slug, on, which, request.args.get("after"))
    return render_template(
        "coverage/people.html",
        subject=subject,
        page=page,
        which=which,
        on=on,
        last_day_in_words=last_day_in_words,
    )


@blueprint.get("/progress")
@public
def progress() -> str:
    """Show the figures published for a month, or the latest ones."""
    return _progress("coverage.progress")


@blueprint.get("/progress/figures.csv")
@public
def progress_file() -> Response:
    """Download the published ranges for a month, or the latest ones, as a CSV file."""
    found = _published()
    if found is None:
        raise NotFound()
    return send_file(
        io.BytesIO(service.as_csv(found)),
        mimetype="text/csv",
        as_attachment=True,
        download_name=f"figures-{found.month:%Y-%m}.csv",
    )


def _published() -> Publication | None:
    """Return the publication that the URL names, or the latest. Raises NotFound."""
    selected = request.args.get("month")
    if selected is None:
        return service.latest_published(http.today())
    month = iso_date(selected)
    found = service.published_in(month) if month else None
    if found is None:
        raise NotFound()
    return found


def _progress(endpoint: str) -> str:
    months = service.months()
    found = _published()
    return render_template(
        "coverage/progress.html",
        found=found,
        months=months,
        endpoint=endpoint,
        next_on=service.next_publication(http.today()),
        drawing=service.district_map(),
        towns_by_ward=service.towns_by_ward(),
        attributions=service.attributions(),
        geography_note=service.geography_note(),
    )
