"""Pages for approving or refusing role requests."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import administration, powers, role_requests, users
from app.accounts.forms import DeputyForm
from app.accounts.powers import NewGrant
from app.accounts.views.blueprint import blueprint
from app.web import http
from app.web.form_page import press, submit
from app.web.http import requires
from app.web.once import once

Page = str | tuple[str, int] | Response
DECIDE = "roles:decide"


@blueprint.get("/roles", endpoint="role_requests")
@requires(DECIDE)
def list_role_requests() -> str:
    """List the open requests that the reader made or can decide on."""
    return render_template(
        "accounts/role_requests.html", waiting=role_requests.open_requests(http.actor())
    )


@blueprint.get("/roles/<id(role_requests):request_id>", endpoint="role_request")
@requires(DECIDE)
def show_role_request(request_id: int) -> str:
    """Show a role request."""
    return render_template(
        "accounts/role_request.html",
        one=role_requests.find_request(http.actor(), request_id),
        back_url=url_for("accounts.role_requests"),
    )


@blueprint.post("/roles/<id(role_requests):request_id>/agree")
@requires(DECIDE)
@once
def approve_role(request_id: int) -> Response:
    """Approve a role request."""
    return press(
        lambda: powers.approve_request(http.actor(), request_id, http.today()),
        message=_(
            "You have approved the role. It starts today, or on the first day that was requested."
        ),
        target=url_for("accounts.role_requests"),
    )


@blueprint.post("/roles/<id(role_requests):request_id>/refuse")
@requires(DECIDE)
@once
def refuse_role(request_id: int) -> Response:
    """Refuse a role request, or withdraw the reader's own request."""
    return press(
        lambda: powers.refuse_request(http.actor(), request_id, http.today()),
        message=_("You have refused the request. The user will not get the role."),
        target=url_for("accounts.role_requests"),
    )


@blueprint.route("/users/<id(users):user_id>/deputy", methods=["GET", "POST"], endpoint="deputy")
@requires("users:change")
def add_deputy(user_id: int) -> Page:
    """Grant or request a role for certain dates."""
    one = users.user_details(http.actor(), user_id, http.today())
    form = DeputyForm()
    back = url_for("accounts.user", user_id=user_id)

    def grant_role() -> bool:
        first, last = form.from_on.data, form.until_on.data
        grant = NewGrant(form.role.data, first, last, why=form.why.data or "")
        return administration.grant_deputy_role(http.actor(), user_id, grant)

    done = submit(
        form,
        grant_role,
        message=lambda given: _("Saved.") if given else pending_approval_message(user_id),
        target=back,
    )
    return done or (
        render_template("accounts/deputy.html", form=form, one=one, back_url=back),
        form.status,
    )


def pending_approval_message(user_id: int) -> str:
    """Return the confirmation message after roles were requested for another user."""
    if powers.has_request_needing_approval(user_id):
        return str(
            _(
                "We have recorded your request. Nobody can approve or refuse one of the roles at"
                " the moment, so that role will not start automatically. The person who runs the"
                " service can give the role from the command line."
            )
        )
    return str(
        _(
            "We have recorded your request. The role will start when a second person approves it,"
            " or after 24 hours unless somebody refuses it. We have emailed everybody who can"
            " refuse it."
        )
    )
