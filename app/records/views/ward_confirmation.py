"""Pages for confirming the wards of people's places."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.errors import Conflict
from app.records import record, ward_confirmation
from app.records.forms.staff import WardForm
from app.records.views import blueprint
from app.registration import wards
from app.web import http
from app.web.form_page import submit
from app.web.http import requires


def _redirect_back() -> Response:
    return redirect(url_for("records.wards_to_confirm"))


@blueprint.get("/people/places")
@requires("people:change")
def wards_to_confirm() -> str:
    """Show the wards to confirm."""
    return render_template(
        "records/wards_to_confirm.html",
        review=ward_confirmation.ward_review(http.actor()),
        back_url=url_for("records.people"),
    )


@blueprint.post("/people/places")
@requires("people:change")
def confirm_wards() -> Response:
    """Confirm all the wards that the directory can confirm."""
    people = ward_confirmation.confirm_wards(http.actor(), save=True)
    flash(
        ngettext(
            "We have confirmed the wards of %(count)s person.",
            "We have confirmed the wards of %(count)s people.",
            people,
            count=format_decimal(people),
        ),
        "success",
    )
    return _redirect_back()


@blueprint.post("/people/places/<id(presences):presence_id>/accept")
@requires("people:change")
def accept_directory_ward(presence_id: int) -> Response:
    """Change the ward of a place to the one in the directory."""
    ward_confirmation.accept_directory_ward(http.actor(), presence_id)
    flash(_("The ward has been changed from today."), "success")
    return _redirect_back()


@blueprint.post("/people/places/<id(presences):presence_id>/keep")
@requires("people:change")
def keep_current_ward(presence_id: int) -> Response:
    """Keep the current ward of a place."""
    ward_confirmation.keep_current_ward(http.actor(), presence_id)
    flash(_("The ward has not been changed."), "success")
    return _redirect_back()


@blueprint.route(
    "/people/<id(people):person_id>/places/<id(presences):presence_id>", methods=["GET", "POST"]
)
@requires("people:change")
def choose_ward(person_id: int, presence_id: int) -> str | tuple[str, int] | Response:
    """Choose the ward of a place with an unknown ward."""
    actor = http.actor()
    back = url_for("records.person", person_id=person_id)
    form = WardForm(wards=wards.all_wards())
    try:
        place = ward_confirmation.find_place(actor, person_id, presence_id)
    except Conflict as error:
        flash(error.message, "info")
        return redirect(back)
    done = submit(
        form,
        lambda: ward_confirmation.choose_ward(actor, person_id, presence_id, form.ward.data),
        message=_("Saved. We will include this place in our figures from today."),
        target=back,
    )
    return done or (
        render_template(
            "records/ward.html",
            form=form,
            name=record.find_name(actor, person_id, http.today()),
            basis=place.basis,
            back_url=back,
        ),
        form.status,
    )
