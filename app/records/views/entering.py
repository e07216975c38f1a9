"""Entering somebody who registers on paper, by phone or in person."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.applications import telling
from app.core import http
from app.core.errors import DomainError
from app.core.http import requires
from app.core.once import once
from app.people import choices
from app.records import service as records
from app.records.forms.staff import EnterForm
from app.records.views import blueprint
from app.registration import wards


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires("people:create")
@once
def enter() -> str | tuple[str, int] | Response:
    """One page for a whole registration, by staff."""
    form = EnterForm(
        all_networks=choices.networks_to_give(http.actor(), http.today()),
        wards=wards.all_wards(),
    )
    if form.validate_on_submit():
        try:
            entered = records.enter(
                http.actor(),
                form.to_command(choices.notice_version()),
                form.notice.data,
                approve=bool(form.approve.data),
            )
        except DomainError as error:
            form.absorb(error)
        else:
            if entered.told:
                flash(telling.approved(http.actor(), entered.told, entered=True), "success")
            else:
                flash(_("Entered."), "success")
            if entered.waits:
                flash(entered.waits, "info")
            return redirect(url_for("records.person", person_id=entered.person_id))
    page = render_template("records/enter.html", form=form, back_url=url_for("records.people"))
    return page, form.status
