"""Pages for inviting users, changing their roles and deactivating their accounts."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import administration, offers, users
from app.accounts.forms import InviteForm, RolesForm, UserFilter
from app.accounts.views.blueprint import blueprint
from app.accounts.views.role_requests import pending_approval_message
from app.web import http
from app.web.fields import PageForm
from app.web.filters import list_context
from app.web.form_page import press, submit
from app.web.http import requires
from app.web.once import once

Page = str | tuple[str, int] | Response


def _user_page_url(user_id: int) -> str:
    return url_for("accounts.user", user_id=user_id)


@blueprint.get("/users", endpoint="users")
@requires("users:read")
def list_users() -> str:
    """List the users who work on the service."""
    form = UserFilter()
    values = form.values()
    page = users.page_of_users(
        http.actor(),
        http.today(),
        text=values.get("q", ""),
        include_former=bool(values.get("gone")),
        cursor=request.args.get("after"),
    )
    words = {"gone": _("Former users included")}
    return render_template(
        "accounts/users.html",
        offers=offers.open_offers(),
        **list_context("accounts.users", form, page, words),
    )


@blueprint.get("/users/<id(users):user_id>", endpoint="user")
@requires("users:read")
def show_user(user_id: int) -> str:
    """Show a user with their roles and the state of their account."""
    return render_template(
        "accounts/user.html",
        one=users.user_details(http.actor(), user_id, http.today()),
        requested=users.requested_roles(http.actor(), user_id),
        back_url=url_for("accounts.users"),
    )


@blueprint.route("/users/new", methods=["GET", "POST"])
@requires("users:change")
@once
def invite() -> Page:
    """Invite a person to work on the service."""
    form = InviteForm()
    done = submit(
        form,
        lambda: administration.invite(
            http.actor(),
            form.email.address or "",
            form.name.data,
            frozenset(form.roles.data),
            form.why.data or "",
        ),
        message=_("We have emailed the invitation, with a link to accept it."),
        target=url_for("accounts.users"),
    )
    return done or (
        render_template("accounts/invite.html", form=form, back_url=url_for("accounts.users")),
        form.status,
    )


@blueprint.post("/users/offers/<id(offers):offer_id>/withdraw")
@requires("users:change")
def withdraw_offer(offer_id: int) -> Response:
    """Withdraw an invitation that has not been accepted."""
    return press(
        lambda: offers.withdraw_offer(http.actor(), offer_id),
        message=_("Invitation withdrawn."),
        target=url_for("accounts.users"),
    )


@blueprint.route("/users/<id(users):user_id>/roles", methods=["GET", "POST"], endpoint="roles")
@requires("users:change")
def change_roles(user_id: int) -> Page:
    """Change a user's roles."""
    actor = http.actor()
    one = users.user_details(actor, user_id, http.today())
    selected = one.roles | users.requested_roles(actor, user_id)
    form = RolesForm(data={"roles": sorted(selected - administration.GRANTED_ELSEWHERE)})
    done = submit(
        form,
        lambda: administration.change_roles(
            actor, user_id, frozenset(form.roles.data), http.today(), form.why.data or ""
        ),
        message=lambda is_waiting: pending_approval_message(user_id) if is_waiting else _("Saved."),
        target=_user_page_url(user_id),
    )
    return done or (
        render_template(
            "accounts/roles.html", form=form, one=one, back_url=_user_page_url(user_id)
        ),
        form.status,
    )


@blueprint.post("/users/<id(users):user_id>/roles/<id(role_grants):grant_id>/cancel")
@requires("users:change")
@once
def cancel_grant(user_id: int, grant_id: int) -> Response:
    """Cancel a role that has not started."""
    return press(
        lambda: administration.cancel_grant(http.actor(), user_id, grant_id, http.today()),
        message=_("Cancelled. The user will not get this role."),
        target=_user_page_url(user_id),
    )


@blueprint.post("/users/<id(users):user_id>/invite")
@requires("users:change")
@once
def invite_again(user_id: int) -> Response:
    """Send a new invitation to a user whose invitation was lost or has expired."""
    administration.invite_again(http.actor(), user_id)
    flash(_("We have sent a new invitation. The old one no longer works."), "success")
    return redirect(_user_page_url(user_id))


@blueprint.route("/users/<id(users):user_id>/start-over", methods=["GET", "POST"])
@requires("users:change")
@once
def reset_sign_in(user_id: int) -> Page:
    """Remove a user's password and second factor, and invite the user again."""
    one, form = users.user_details(http.actor(), user_id, http.today()), PageForm()
    done = submit(
        form,
        lambda: administration.reset_sign_in(http.actor(), user_id),
        message=_("We have signed the user out and sent them a new invitation."),
        target=_user_page_url(user_id),
    )
    return done or (
        render_template(
            "accounts/reset_sign_in.html", form=form, one=one, back_url=_user_page_url(user_id)
        ),
        form.status,
    )


@blueprint.route("/users/<id(users):user_id>/deactivate", methods=["GET", "POST"])
@requires("users:change")
def deactivate(user_id: int) -> Page:
    """Deactivate the account of a user who has left."""
    one, form = users.user_details(http.actor(), user_id, http.today()), PageForm()
    done = submit(
        form,
        lambda: administration.deactivate(http.actor(), user_id, http.today()),
        message=_(
            "The account has been deactivated. The user has been signed out and cannot sign in."
        ),
        target=_user_page_url(user_id),
    )
    return done or (
        render_template(
            "accounts/deactivate.html", form=form, one=one, back_url=_user_page_url(user_id)
        ),
        form.status,
    )


@blueprint.post("/users/<id(users):user_id>/bring-back")
@requires("users:change")
def reactivate(user_id: int) -> Response:
    """Reactivate the account of a user who has returned."""
    administration.reactivate(http.actor(), user_id)
    flash(_("The user can sign in again, with the same roles as before."), "success")
    return redirect(_user_page_url(user_id))
