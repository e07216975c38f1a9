"""The page for adding a person who registers on paper, by phone or in person."""

from __future__ import annotations

from flask import flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.applications import decision_messages
from app.people import choices
from app.records import record
from app.records import service as records
from app.records.forms.staff import AddPersonForm
from app.records.views import blueprint
from app.registration import wards
from app.web import http
from app.web.form_page import submit
from app.web.http import requires
from app.web.once import once


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires("people:create")
@once
def add_person() -> str | tuple[str, int] | Response:
    """Add a person."""
    form = AddPersonForm(
        all_networks=record.assignable_networks(http.actor(), http.today()),
        wards=wards.all_wards(),
    )
    matches = records.find_possible_matches(http.actor(), form.details)
    form.ask_about_matches(matches)
    done = submit(
        form,
        lambda: records.add_person(
            http.actor(),
            form.to_command(choices.notice_version()),
            form.notice.data,
            approve=bool(form.approve.data),
        ),
        target=_next_page_url,
    )
    return done or (
        render_template(
            "records/add.html", form=form, matches=matches, back_url=url_for("records.people")
        ),
        form.status,
    )


def _next_page_url(result: records.AddedPerson) -> str:
    """Flash a message about the next step, and return the URL of the new record."""
    if result.notice:
        flash(
            decision_messages.approved_message(http.actor(), result.notice, added_by_staff=True),
            "success",
        )
    else:
        flash(_("Added."), "success")
    if result.obstacle:
        flash(result.obstacle, "info")
    return url_for("records.person", person_id=result.person_id)
