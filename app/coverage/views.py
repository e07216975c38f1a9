"""Pages of the coverage room: the overview, the people behind a number, the public figures."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.core.errors import NotFound
from app.coverage import service
from app.coverage.forms import AsAtForm, iso_date
from app.coverage.types import FigureGroup, Published
from app.web import http
from app.web.http import public, requires

blueprint = Blueprint("coverage", __name__)


@blueprint.get("/coverage")
@requires("coverage:read")
def overview() -> str:
    """How far the network is: counted now for who may see people, as published for others."""
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
        sheet=service.sheet(),
        attributions=service.attributions(),
        geography_note=service.geography_note(),
    )


@blueprint.get("/coverage/<slug>/people")
@requires("coverage:people")
def people(slug: str) -> str:
    """The people behind a number, a page at a time. Only of the day that was asked for."""
    on = AsAtForm(request.args.get("on")).asked
    if on is None:
        raise NotFound()
    which: FigureGroup = "unsettled" if request.args.get("which") == "unsettled" else "held"
    subject, page = service.people_behind(http.actor(), slug, on, which, request.args.get("after"))
    return render_template("coverage/people.html", subject=subject, page=page, which=which, on=on)


@blueprint.get("/progress")
@public
def progress() -> str:
    """The figures of a month as they were published: safe numbers, for everybody."""
    return _progress("coverage.progress")


def _progress(endpoint: str) -> str:
    months = service.months()
    found: Published | None = None
    asked = request.args.get("month")
    if asked is None:
        found = service.latest_published(http.today())
    else:
        month = iso_date(asked)
        found = service.published(month) if month else None
        if found is None:
            raise NotFound()
    return render_template(
        "coverage/progress.html",
        found=found,
        months=months,
        endpoint=endpoint,
        next_on=service.next_publication(http.today()),
        sheet=service.sheet(),
        town_of_wards=service.town_of_wards(),
        attributions=service.attributions(),
        geography_note=service.geography_note(),
    )
