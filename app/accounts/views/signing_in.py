"""Signing in and out."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import devices, proof, sessions, signin
from app.accounts.forms import CodeForm, InvitationForm, LinkForm, StaffForm, UseLinkForm
from app.accounts.views.blueprint import blueprint
from app.accounts.views.second_factor import picture_of, secret_of
from app.accounts.views.trying import shown
from app.core import clock, links, public_ids
from app.web import http
from app.web.form_page import submit
from app.web.http import public

HALF_WAY = timedelta(minutes=10)  # between the password and the code


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> str | tuple[str, int] | Response:
    """A champion asks for a link."""
    form = LinkForm()

    def send() -> None:
        signin.send_link(form.email.address or "", request.remote_addr or "")
        session["next"] = http.safe_next(request.args.get("next"), "")
        session["link_sent_to"] = form.email.address

    done = submit(form, send, target=url_for("accounts.link_sent"))
    return done or (render_template("accounts/sign_in.html", form=form), form.status)


@blueprint.get("/sign-in/sent")
@public
def link_sent() -> str | Response:
    """The same page whether the address is known or not."""
    email = session.get("link_sent_to")
    if email is None:
        return redirect(url_for("accounts.sign_in"))
    return render_template("accounts/link_sent.html", email=email)


@blueprint.route("/sign-in/link/<token>", methods=["GET", "POST"])
@public
def use_link(token: str) -> str | tuple[str, int] | Response:
    """Opening the link shows a button; only pressing it signs in."""
    if request.method == "GET":
        good = links.look(signin.LINK, token) is not None
        page = render_template("accounts/use_link.html", good=good, form=UseLinkForm())
        return page, 200 if good else 410
    wanted = session.get("next") or url_for("site.home")
    user_id = signin.use_link(token)
    if user_id is None:
        return render_template("accounts/use_link.html", good=False), 410
    if sessions.sign_in(user_id, shared=UseLinkForm().shared.data):
        flash(_("You will be signed out after one hour, or when you close your browser."))
    return redirect(http.safe_next(wanted, url_for("site.home")))


@blueprint.route("/sign-in/staff", methods=["GET", "POST"])
@public
def staff_sign_in() -> Response:
    """Staff and partners: address and password."""
    form = StaffForm()
    wanted = http.safe_next(request.args.get("next"), url_for("site.home"))

    def sign_in() -> str:
        accepted = signin.check_password(
            form.email.address or "",
            form.password.data,
            request.remote_addr or "",
            devices.trusted,
        )
        if not accepted.needs_code:
            return _signed_in(accepted.user_id, wanted)
        half_in = public_ids.encode("users", accepted.user_id)
        session["half"] = [half_in, clock.now().isoformat(), wanted]
        return url_for("accounts.code")

    return submit(form, sign_in, target=str) or shown("accounts/staff_sign_in.html", form)


def _signed_in(user_id: int, wanted: str) -> str:
    """Begin a session on this device, which is remembered. Returns the address of the next page."""
    sessions.sign_in(user_id)
    devices.remember(user_id)
    proof.note()
    return wanted


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@public
def code() -> Response:
    """The second factor, within ten minutes of the password."""
    half = session.get("half")
    if half is None or datetime.fromisoformat(half[1]) + HALF_WAY < clock.now():
        return redirect(url_for("accounts.staff_sign_in"))
    user_id, wanted = public_ids.decode("users", str(half[0])), str(half[2])
    if user_id is None:
        return redirect(url_for("accounts.staff_sign_in"))
    form = CodeForm()

    def check() -> str:
        signin.check_code(user_id, form.code.data, request.remote_addr or "", devices.trusted)
        return _signed_in(user_id, wanted)

    return submit(form, check, target=str) or shown("accounts/code.html", form)


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> str | tuple[str, int] | Response:
    """Somebody new on the service chooses a password and a second factor."""
    invited = signin.look_at_invitation(token)
    if invited is None:
        return render_template("accounts/invitation_gone.html"), 410
    form = InvitationForm()
    secret, known = secret_of(form, "invitation")

    def accept() -> None:
        user_id = signin.accept_invitation(token, form.password.data, secret, form.code.data)
        sessions.sign_in(user_id)
        devices.remember(user_id)

    done = submit(form, accept, target=url_for("site.home")) if known else None
    return done or (
        render_template(
            "accounts/invitation.html",
            form=form,
            invited=invited,
            secret=signin.in_groups(secret),
            picture=picture_of(invited.email, secret),
        ),
        form.status,
    )


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """Sign out, and say where."""
    sessions.sign_out()
    flash(_("You have been signed out here and on every other device."), "success")
    return redirect(url_for("site.home"))
