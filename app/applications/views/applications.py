"""Pages for reading, approving and declining applications."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.applications import approval, decision_messages
from app.applications import pages as reading
from app.applications.forms import UNCONFIRMED, ApplicantCallForm, DeclineForm, QueueFilter
from app.applications.merged import AlreadyMerged
from app.applications.views import blueprint
from app.web import http
from app.web.form_page import press, submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


@blueprint.get("/applications")
@requires("applications:read")
def applications() -> str:
    """List the applications, longest waiting first."""
    actor, on = http.actor(), http.today()
    networks = reading.network_choices(actor, on)
    form = QueueFilter(networks=networks)
    filters = form.values()
    network, unconfirmed = filters.get("network"), filters.get("show") == UNCONFIRMED
    page = reading.page_of_applications(
        actor, on, network=network, confirmed=not unconfirmed, cursor=request.args.get("after")
    )
    current: dict[str, Any] = {"network": network, "show": UNCONFIRMED if unconfirmed else None}

    def address(**changed: Any) -> str:
        return url_for("applications.applications", **(current | changed))

    applied = []
    if network:
        applied.append((dict(networks)[network], address(network=None)))
    if unconfirmed:
        applied.append((_("Email address not confirmed yet"), address(show=None)))
    return render_template(
        "applications/list.html",
        page=page,
        filter_form=form,
        unconfirmed=unconfirmed,
        applied=applied,
        older_url=address(after=page.next) if page.next else None,
        newer_url=None if page.first else address(),
    )


@blueprint.get("/applications/<id(people):person_id>")
@requires("applications:read")
def application(person_id: int) -> str | Response:
    """Show an application, or redirect to the record it was merged into.

    The read is recorded in the audit log.
    """
    try:
        shown = reading.open_application(http.actor(), person_id, http.today())
    except AlreadyMerged as merged:
        return redirect(url_for("records.person", person_id=merged.person_id))
    return render_template("applications/one.html", application=shown)


@blueprint.post("/applications/<id(people):person_id>/approve")
@requires("applications:decide")
def approve(person_id: int) -> Response:
    """Approve a person."""
    return press(
        lambda: approval.approve(http.actor(), person_id),
        message=lambda notice: decision_messages.approved_message(http.actor(), notice),
        target=url_for("applications.applications"),
        error_target=url_for("applications.application", person_id=person_id),
    )


@blueprint.route("/applications/<id(people):person_id>/decline", methods=["GET", "POST"])
@requires("applications:decide")
def decline(person_id: int) -> Page:
    """Decline a person. A reason is required."""
    form = DeclineForm()
    name = reading.applicant_name(http.actor(), person_id, http.today())
    done = submit(
        form,
        lambda: approval.decline(http.actor(), person_id, form.reason.data),
        message=lambda notice: decision_messages.declined_message(http.actor(), notice),
        target=url_for("applications.applications"),
    )
    return done or (
        render_template(
            "applications/decline.html",
            form=form,
            name=name,
            back_url=url_for("applications.application", person_id=person_id),
        ),
        form.status,
    )


@blueprint.post("/applications/<id(people):person_id>/confirm")
@requires("applications:decide")
def mark_confirmed(person_id: int) -> Response:
    """Record that staff contacted a person without an email address."""
    return press(
        lambda: approval.mark_confirmed(http.actor(), person_id),
        message=_("We have recorded that you have spoken to this person."),
        target=url_for("applications.application", person_id=person_id),
    )


@blueprint.route("/applications/<id(people):person_id>/called", methods=["GET", "POST"])
@requires("applications:decide")
def record_call(person_id: int) -> Page:
    """Record a call to an applicant whose email address is not confirmed."""
    form = ApplicantCallForm()
    name = reading.applicant_name(http.actor(), person_id, http.today())
    here = url_for("applications.application", person_id=person_id)
    done = submit(
        form,
        lambda: approval.record_call(http.actor(), person_id, form.to_command()),
        message=_("Saved."),
        target=here,
    )
    page = render_template("applications/called.html", form=form, name=name, back_url=here)
    return done or (page, form.status)
