"""Places that the postcode directory can settle, or sees elsewhere."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import http
from app.core.http import requires
from app.core.words import counted
from app.people import settling
from app.people.views import blueprint


def _back() -> Response:
    return redirect(url_for("people.settling_page"))


@blueprint.get("/people/places", endpoint="settling_page")
@requires("people:change")
def show() -> str:
    """What is open."""
    return render_template(
        "people/staff_settling.html",
        open=settling.look(http.actor()),
        back_url=url_for("people.people"),
    )


@blueprint.post("/people/places")
@requires("people:change")
def settle() -> Response:
    """Settle what can be."""
    people = settling.unsettled(http.actor(), now=True)
    flash(
        _("The places of %(people)s are settled.", people=counted(people, "person", "people")),
        "success",
    )
    return _back()


@blueprint.post("/people/places/<int:presence_id>/accept")
@requires("people:change")
def accept_place(presence_id: int) -> Response:
    """The directory is right."""
    settling.accept(http.actor(), presence_id)
    flash(_("Changed, from today."), "success")
    return _back()


@blueprint.post("/people/places/<int:presence_id>/keep")
@requires("people:change")
def keep_place(presence_id: int) -> Response:
    """The ward stays as it is."""
    settling.keep(http.actor(), presence_id)
    flash(_("Kept as it was."), "success")
    return _back()
