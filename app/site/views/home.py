"""`/`: answers 200 itself, for everybody."""

from __future__ import annotations

from flask import render_template

from app.core.http import public
from app.site.views.blueprint import blueprint


@blueprint.get("/")
@public
def home() -> str:
    """The public's first page."""
    return render_template(
        "site/home_public.html",
        measures=[],
        numbers_on=None,
        register_url="/register",
        courses_url="/courses",
        numbers_url="/progress",
    )
