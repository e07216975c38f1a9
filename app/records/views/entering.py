"""Entering somebody who registers on paper, by phone or in person."""

from __future__ import annotations

from flask import flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.applications import telling
from app.people import choices
from app.records import service as records
from app.records.forms.staff import EnterForm
from app.records.views import blueprint
from app.registration import wards
from app.web import http
from app.web.form_page import submit
from app.web.http import requires
from app.web.once import once


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires("people:create")
@once
def enter() -> str | tuple[str, int] | Response:
    """One page for a whole registration, by staff."""
    form = EnterForm(
        all_networks=choices.networks_to_give(http.actor(), http.today()),
        wards=wards.all_wards(),
    )
    done = submit(
        form,
        lambda: records.enter(
            http.actor(),
            form.to_command(choices.notice_version()),
            form.notice.data,
            approve=bool(form.approve.data),
        ),
        target=_entered,
    )
    return done or (
        render_template("records/enter.html", form=form, back_url=url_for("records.people")),
        form.status,
    )


def _entered(one: records.Entered) -> str:
    """Say what follows. Returns the address of their record."""
    if one.told:
        flash(telling.approved(http.actor(), one.told, entered=True), "success")
    else:
        flash(_("Added."), "success")
    if one.waits:
        flash(one.waits, "info")
    return url_for("records.person", person_id=one.person_id)
