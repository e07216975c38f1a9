"""Confirming a registration by the link in the letter."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts import signin
from app.registration import confirming
from app.registration.forms.steps import AgainForm
from app.registration.views import blueprint
from app.web.form_page import submit
from app.web.http import public

Page = str | tuple[str, int] | Response


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> Page:
    """Opening the link shows a button; only pressing it confirms."""
    if request.method == "POST" and confirming.confirm(token):
        return redirect(url_for("registration.confirmed"))
    if request.method == "GET" and confirming.is_good(token):
        return render_template("registration/confirm/confirm.html")
    return render_template("registration/confirm/again.html", form=AgainForm(), gone=True), 410


@blueprint.get("/confirmed")
@public
def confirmed() -> str:
    """What happens next."""
    return render_template("registration/confirm/confirmed.html")


@blueprint.route("/confirm", methods=["GET", "POST"])
@public
def confirm_again() -> Page:
    """Ask for a new link; the answer is the same for every address."""
    form = AgainForm()
    done = submit(
        form,
        lambda: signin.send_link(
            form.email.address or "", request.remote_addr or "", unconfirmed_first=True
        ),
        target=lambda _sent: make_response(render_template("registration/confirm/sent.html")),
    )
    return done or (
        render_template("registration/confirm/again.html", form=form, gone=False),
        form.status,
    )
