"""Pages for applications to join a network."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.applications import memberships as joining
from app.applications.forms import DeclineForm
from app.applications.views import blueprint
from app.web import http
from app.web.form_page import press, submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


@blueprint.get("/applications/networks")
@requires("applications:read")
def memberships() -> str:
    """List the applications to join a network, longest waiting first."""
    page = joining.page_of_memberships(http.actor(), http.today(), request.args.get("after"))
    own = url_for("applications.memberships")
    return render_template(
        "applications/memberships.html",
        page=page,
        older_url=url_for("applications.memberships", after=page.next) if page.next else None,
        newer_url=None if page.first else own,
    )


@blueprint.get("/applications/networks/<id(membership_applications):application_id>")
@requires("applications:read")
def membership(application_id: int) -> str:
    """Show an application to join a network, and record the read in the audit log."""
    shown = joining.open_membership_page(http.actor(), application_id, http.today())
    return render_template("applications/membership.html", shown=shown, row=shown.row)


@blueprint.post("/applications/networks/<id(membership_applications):application_id>/accept")
@requires("applications:decide")
def accept_membership(application_id: int) -> Response:
    """Accept the application, and make the person a member of the network."""
    return press(
        lambda: joining.accept(http.actor(), application_id),
        message=_("Accepted. This person is now a member of the network."),
        target=url_for("applications.memberships"),
    )


@blueprint.route(
    "/applications/networks/<id(membership_applications):application_id>/decline",
    methods=["GET", "POST"],
)
@requires("applications:decide")
def decline_membership(application_id: int) -> Page:
    """Decline the application. A reason is required."""
    form = DeclineForm()
    name = joining.applicant_name(http.actor(), application_id, http.today())
    done = submit(
        form,
        lambda: joining.decline(http.actor(), application_id, form.reason.data),
        message=_("Declined. This person is still a member of their other networks."),
        target=url_for("applications.memberships"),
    )
    back_url = url_for("applications.membership", application_id=application_id)
    return done or (
        render_template("applications/decline.html", form=form, name=name, back_url=back_url),
        form.status,
    )
