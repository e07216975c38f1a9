"""Pages for staff about current assignments."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.matching import overview
from app.standing import forms, service
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

blueprint = Blueprint("standing", __name__)
Page = str | tuple[str, int] | Response


@blueprint.get("/needs/assignments")
@requires("needs:read")
def assignments() -> str:
    """List the current assignments, starting with people who no longer meet the rules."""
    page = service.list_assignments(http.actor(), http.today(), request.args.get("after"))
    endpoint = "standing.assignments"
    return render_template(
        "standing/assignments.html",
        page=page,
        older_url=url_for(endpoint, after=page.everyone.next) if page.everyone.next else None,
        newer_url=None if page.everyone.first else url_for(endpoint),
    )


@blueprint.route("/needs/assignments/<id(assignments):assignment_id>", methods=["GET", "POST"])
@requires("needs:change")
def decide_assignment(assignment_id: int) -> Page:
    """Decide whether a person who no longer meets the rules keeps their assignment."""
    actor, on = http.actor(), http.today()
    row = service.find_assignment(actor, assignment_id, on)
    if row is None:
        need_id = overview.get_assignment(actor, assignment_id, on).need_id
        flash(_("You do not need to decide anything about this person’s place."))
        return redirect(url_for("matching.need", need_id=need_id))
    form = forms.PlaceDecisionForm()
    done = submit(
        form,
        lambda: _save(assignment_id, form),
        target=lambda message: _flash_decision(str(message)),
    )
    return done or (
        render_template(
            "standing/decide.html",
            form=form,
            row=row,
            how=service.contact_instructions(row, on),
        ),
        form.status,
    )


def _save(assignment_id: int, form: forms.PlaceDecisionForm) -> str:
    """Carry out the decision and return a confirmation."""
    actor, on = http.actor(), http.today()
    match form.decision.data:
        case forms.KEEP:
            service.extend_assignment(actor, assignment_id, form.until.data, on)
            return _("Saved. We will keep the place for this person.")
        case forms.CALL:
            if service.add_call(actor, assignment_id, on):
                return _("This person has been added to the call list.")
            return _(
                "This person does not want to be contacted, so we have not added them to the "
                "call list."
            )
        case _other:
            service.end_failing_assignment(actor, assignment_id, on)
            return _("The place is now free. Matching can suggest somebody else.")


def _flash_decision(message: str) -> str:
    flash(message, "success")
    return url_for("standing.assignments")
