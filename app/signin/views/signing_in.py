"""Pages for signing in and out."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.views.blueprint import blueprint
from app.core import clock, public_ids
from app.signin import (
    acceptance,
    credentials,
    devices,
    reauthentication,
    second_factor,
    sessions,
    sign_in_links,
)
from app.signin.forms import (
    CodeForm,
    InvitationForm,
    SignInLinkForm,
    StaffSignInForm,
    UseLinkForm,
)
from app.signin.views.retry_links import sign_in_page
from app.signin.views.second_factor import prepare_secret, qr_code
from app.web import http
from app.web.form_page import submit
from app.web.http import public

CODE_TIME_LIMIT = timedelta(minutes=10)  # between the password and the code


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> str | tuple[str, int] | Response:
    """Send a sign-in link to a champion."""
    form = SignInLinkForm()

    def send() -> None:
        sign_in_links.send_link(form.email.address or "", request.remote_addr or "")
        session["next"] = http.safe_next(request.args.get("next"), "")
        session["link_sent_to"] = form.email.address

    done = submit(form, send, target=url_for("accounts.link_sent"))
    return done or (render_template("signin/sign_in.html", form=form), form.status)


@blueprint.get("/sign-in/sent", endpoint="link_sent")
@public
def show_link_sent() -> str | Response:
    """Show that a link has been sent, whether or not we know the email address."""
    email = session.get("link_sent_to")
    if email is None:
        return redirect(url_for("accounts.sign_in"))
    return render_template("signin/link_sent.html", email=email)


@blueprint.route("/sign-in/link/<token>", methods=["GET", "POST"])
@public
def use_link(token: str) -> str | tuple[str, int] | Response:
    """Show a sign-in button. Opening the link does not sign the user in."""
    if request.method != "POST":
        is_valid = sign_in_links.is_valid(token)
        page = render_template("signin/use_link.html", is_valid=is_valid, form=UseLinkForm())
        return page, 200 if is_valid else 410
    next_url = session.get("next") or url_for("site.home")
    user_id = sign_in_links.use_link(token)
    if user_id is None:
        return render_template("signin/use_link.html", is_valid=False), 410
    if sessions.sign_in(user_id, shared=UseLinkForm().shared.data):
        flash(_("You will be signed out after one hour, or when you close your browser."))
    return redirect(http.safe_next(next_url, url_for("site.home")))


@blueprint.route("/sign-in/staff", methods=["GET", "POST"])
@public
def staff_sign_in() -> Response:
    """Sign in staff and partners with an email address and a password."""
    form = StaffSignInForm()
    next_url = http.safe_next(request.args.get("next"), url_for("site.home"))

    def sign_in() -> str:
        accepted = credentials.sign_in_with_password(
            form.email.address or "",
            form.password.data,
            request.remote_addr or "",
            devices.find_device_name,
        )
        if not accepted.needs_code:
            return _start_session(accepted.user_id, next_url)
        identifier = public_ids.encode("users", accepted.user_id)
        session["half"] = [identifier, clock.now().isoformat(), next_url]
        return url_for("accounts.code")

    return submit(form, sign_in, target=str) or sign_in_page("signin/staff_sign_in.html", form)


def _start_session(user_id: int, next_url: str) -> str:
    """Start a session, remember the device and return the URL of the next page."""
    sessions.sign_in(user_id)
    devices.remember_device(user_id)
    reauthentication.record_reauthentication()
    return next_url


@blueprint.route("/sign-in/code", methods=["GET", "POST"], endpoint="code")
@public
def check_code() -> Response:
    """Check the second factor. The user has ten minutes after giving the password."""
    pending = session.get("half")
    if pending is None or datetime.fromisoformat(pending[1]) + CODE_TIME_LIMIT < clock.now():
        return redirect(url_for("accounts.staff_sign_in"))
    user_id, next_url = public_ids.decode("users", str(pending[0])), str(pending[2])
    if user_id is None:
        return redirect(url_for("accounts.staff_sign_in"))
    form = CodeForm()

    def check() -> str:
        credentials.sign_in_with_code(
            user_id, form.code.data, request.remote_addr or "", devices.find_device_name
        )
        return _start_session(user_id, next_url)

    return submit(form, check, target=str) or sign_in_page("signin/code.html", form)


@blueprint.route("/invitation/<token>", methods=["GET", "POST"], endpoint="invitation")
@public
def accept_invitation(token: str) -> str | tuple[str, int] | Response:
    """Set up an account with a password and a second factor."""
    invitation = acceptance.find_invitation(token)
    if invitation is None:
        return render_template("signin/invitation_expired.html"), 410
    form = InvitationForm()
    secret, is_valid = prepare_secret(form, "invitation")

    def accept() -> None:
        user_id = acceptance.accept_invitation(token, form.password.data, secret, form.code.data)
        sessions.sign_in(user_id)
        devices.remember_device(user_id)

    done = submit(form, accept, target=url_for("site.home")) if is_valid else None
    return done or (
        render_template(
            "signin/invitation.html",
            form=form,
            invitation=invitation,
            secret=second_factor.format_secret(secret),
            picture=qr_code(invitation.email, secret),
        ),
        form.status,
    )


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """Sign the user out on all devices."""
    sessions.sign_out()
    flash(_("You have been signed out here and on every other device."), "success")
    return redirect(url_for("site.home"))
