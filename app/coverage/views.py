"""Pages with the coverage overview, the people in a figure, and published figures."""

from __future__ import annotations

import io
from typing import get_args

from flask import Blueprint, Response, render_template, request, send_file

from app.certificates.wording import last_day_in_words
from app.core.errors import NotFound
from app.coverage import service
from app.coverage.forms import FigureDateForm, parse_iso_date
from app.coverage.types import FigureGroup, Publication
from app.records import named_organisations
from app.web import http, slow_work
from app.web.http import public, requires

blueprint = Blueprint("coverage", __name__)


@blueprint.get("/coverage")
@requires("coverage:read")
def overview() -> str:
    """Show current figures to users who can see people, and published figures to others."""
    if service.can_see_people(http.actor()):
        return _current_figures_page()
    return _progress_page("coverage.overview")


@slow_work.limit_slow_view
def _current_figures_page() -> str:
    actor = http.actor()
    form = FigureDateForm(request.args.get("on"))
    return render_template(
        "coverage/overview.html",
        form=form,
        found=service.overview(actor, form.day()),
        today=http.today(),
        everyone=service.can_see_everyone(actor),
        drawing=service.district_map(),
        attributions=service.attributions(),
        geography_note=service.geography_note(),
        unlinked=named_organisations.count_people_to_link(actor, http.today())
        if actor.may("organisations:change")
        else 0,
    )


@blueprint.get("/coverage/<slug>/people")
@requires("coverage:people")
@slow_work.limit_slow_view
def people(slug: str) -> str:
    """List the people who are counted in a figure. Return 404 if the date is invalid."""
    on = FigureDateForm(request.args.get("on")).valid_day
    if on is None:
        raise NotFound()
    groups: dict[str | None, FigureGroup] = {each: each for each in get_args(FigureGroup)}
    group = groups.get(request.args.get("which"), "held")
    subject, page = service.counted_people(http.actor(), slug, on, group, request.args.get("after"))
    return render_template(
        "coverage/people.html",
        subject=subject,
        page=page,
        group=group,
        on=on,
        last_day_in_words=last_day_in_words,
    )


@blueprint.get("/progress")
@public
def progress() -> str:
    """Show the figures published for a month. The default is the latest month."""
    return _progress_page("coverage.progress")


@blueprint.get("/progress/figures.csv")
@public
def progress_file() -> Response:
    """Download the ranges published for a month as a CSV file. The default is the latest month."""
    found = _find_publication()
    if found is None:
        raise NotFound()
    return send_file(
        io.BytesIO(service.as_csv(found)),
        mimetype="text/csv",
        as_attachment=True,
        download_name=f"figures-{found.month:%Y-%m}.csv",
    )


def _find_publication() -> Publication | None:
    """Return the publication for the month in the URL, or the latest one if the URL has no month.

    Raises NotFound if nothing was published for that month.
    """
    selected = request.args.get("month")
    if selected is None:
        return service.latest_published(http.today())
    month = parse_iso_date(selected)
    found = service.published_for_month(month) if month else None
    if found is None:
        raise NotFound()
    return found


def _progress_page(endpoint: str) -> str:
    months = service.months()
    found = _find_publication()
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
